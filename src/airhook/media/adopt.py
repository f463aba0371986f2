"""Spools of nodes that are gone, such as one under another host name: what waits in them is taken over.

::

    .spool/
      node-a/        held by node a as long as it lives
      node-b/        held by nobody: its task folders come to whoever starts next
"""

import contextlib
import fcntl
import logging
import os
from pathlib import Path

from airhook.media.spool import BusyError, TaskFolder

log = logging.getLogger("airhook.media")


class SpoolHold:
    """A node's own spool, held until ``close``."""

    def __init__(self, spool: Path) -> None:
        """Make it, and hold it where the disk knows locks. Raises ``OSError`` when it cannot be made."""
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._spool = spool
        self._lock = _hold(spool)

    def adopt(self) -> int:
        """Take over what other spools hold that nobody has; how many task folders came. Raises ``OSError``."""
        if self._lock < 0:
            return 0  # without locks nobody can tell who lives
        return sum(self._empty(other) for other in self._spool.parent.iterdir() if other != self._spool)

    def close(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _empty(self, other: Path) -> int:
        if not other.is_dir() or (lock := _hold(other)) < 0:
            return 0
        try:
            adopted = sum(_move(folder, self._spool) for folder in list(other.iterdir()) if folder.is_dir())
            with contextlib.suppress(OSError):  # a worker of its still finishes something
                other.rmdir()
        finally:
            os.close(lock)
        if adopted:
            log.warning("media that node %s left are taken over", other.name, extra={"tasks": adopted})
        return adopted


def _hold(folder: Path) -> int:
    """A handle with the folder's lock; -1 when another has it, or the disk knows no locks."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return -1
    return lock


def _move(folder: Path, spool: Path) -> bool:
    """Whether no worker has it, so that it could be moved."""
    held = TaskFolder(folder)
    try:
        held.hold()
    except BusyError:
        return False
    try:
        target = spool / folder.name
        if target.exists():
            return False
        folder.rename(target)
    finally:
        held.close()
    return True
