"""Moving the WAL's pages into their file beside the writer, so that no commit has to do it.

A commit that finds the WAL full (``connect.CHECKPOINT_PAGES``) moves all of it while callers wait: 64 MB are some
60 ms. What this thread has moved before is not moved again, so little is left for that commit. It never waits for the
writer, nor the writer for it (``PASSIVE``): https://www.sqlite.org/c3ref/wal_checkpoint_v2.html
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from airhook.storage.sqlite.connect import connect

PAGES = 2048  # 8 MB: moving fewer writes the same pages again too soon
SHORTEST_S, LONGEST_S = 0.1, 2.0
QUIET_NS = 1_000_000_000

_logger = logging.getLogger(__name__)


class Checkpointer:
    """A thread of its own. ``files`` says, at any time, which databases are written now."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self._files = files
        self._wals: dict[Path, Wal] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="airhook-checkpointer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        pause_s = LONGEST_S
        while not self._over.wait(pause_s):
            moved = self._move()
            pause_s = pause_s / 2 if moved > PAGES else pause_s * 2 if moved < PAGES // 2 else pause_s
            pause_s = min(max(pause_s, SHORTEST_S), LONGEST_S)
        for wal in self._wals.values():
            wal.close()

    def _move(self) -> int:
        """The most pages that were moved in one file."""
        files = list(self._files())
        for gone in self._wals.keys() - set(files):
            self._wals.pop(gone).close()
        return max((self._wals.setdefault(path, Wal(path)).move() for path in files), default=0)


class Wal:
    """The WAL of one file. Its connection is made when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw: sqlite3.Connection | None = None
        self._quiet_since = 0
        self._moved = 0  # pages of it that are in the file

    def move(self) -> int:
        """How many pages were moved: 0 when nothing was written since the last time."""
        written_ns = self._quiet_since
        with suppress(FileNotFoundError):
            written_ns = Path(f"{self._path}-wal").stat().st_mtime_ns
        if written_ns == self._quiet_since:
            return 0
        try:
            self._raw = self._raw or connect(self._path)
            busy, pages, moved = self._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            _logger.debug("the WAL of %s is left to its writer: %s", self._path, error)
            return 0
        # What has just been written may be in the file and not yet be committed.
        if not busy and moved == pages and time.time_ns() - written_ns > QUIET_NS:
            self._quiet_since = written_ns
        before, self._moved = self._moved, moved
        return int(moved - before if moved >= before else moved)  # fewer than before: the WAL began anew

    def close(self) -> None:
        if self._raw:
            self._raw.close()
            self._raw = None
