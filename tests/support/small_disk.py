"""A real disk without much room: a tmpfs of its own, which ends with the test."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
    """A file that leaves so little room; gives its path, so that it can be removed."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        os.posix_fallocate(file.fileno(), 0, max(1, free - leave_bytes))
    return ballast
