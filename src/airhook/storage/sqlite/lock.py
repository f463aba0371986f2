"""One server on one folder: a lock that the system frees when its process ends, however it ends."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from airhook.core.errors import ConfigError

LOCK_FILE = "airhook.lock"
LOOK_S = 0.1  # far longer than ``is_locked`` holds the lock


class FolderLock:
    """Held until ``release``, or until the process ends."""

    def __init__(self, file: int) -> None:
        self._file: int | None = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def lock_folder(folder: Path) -> FolderLock:
    """Take the folder for this process. Raises ``ConfigError`` naming the process that holds it."""
    path = folder / LOCK_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} cannot be opened: {error.strerror}") from None
    if not _takes(file, fcntl.LOCK_EX):
        time.sleep(LOOK_S)  # somebody may only have looked
    if not _takes(file, fcntl.LOCK_EX):
        holder = os.read(file, 32).decode(errors="replace").strip()
        os.close(file)
        raise ConfigError(
            f"{folder} is in use by process {holder or '(starting)'}; stop it, or give this one another folder"
        )
    try:
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
    except OSError as error:
        os.close(file)
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    return FolderLock(file)


def is_locked(folder: Path) -> bool:
    """Whether a server runs on the folder, in whatever container: numbers of processes tell nothing outside of theirs."""
    try:
        file = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _takes(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


def _takes(file: int, lock: int) -> bool:
    try:
        fcntl.flock(file, lock | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
