"""A real disk without much room: a tmpfs of its own, which ends with the test."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = 4096  # bytes: less than that is no room


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount one of that size; gives ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (
        "this test fills a disk of its own and must be allowed to mount a tmpfs: run it as root, in a container "
        f"with CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN). It is now user {os.geteuid()}: {done.stderr.strip()}"
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, leave_bytes: int = 0) -> Path:
    """A file that leaves so little room, while others may write there; gives its path, so that it can be removed."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        room = _free(disk) - leave_bytes
        while room >= PAGE:
            try:
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, room)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                room //= 2  # somebody has taken some of it
            else:
                room = _free(disk) - leave_bytes
    return ballast


def _free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize
