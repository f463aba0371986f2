"""Connections to the days' files for reading, kept for the next one who reads: opening one costs more than most answers.

Their number is bounded. A file that was deleted, or replaced by another one, is not read any more, and whoever deletes one
says so (``forget``): an open connection would keep its space on the disk.
"""

import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_IDLE = 24  # two for each of a dozen days

Identity = tuple[tuple[int, int], ...]
Key = tuple[Path, ...]


class DayFiles:
    """May be used from any thread; a connection serves one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[tuple[int, Key, Identity], sqlite3.Connection] = OrderedDict()
        self._number = 0

    @contextmanager
    def reading(self, paths: Key, opened: Callable[[], sqlite3.Connection]) -> Iterator[sqlite3.Connection]:
        """A connection that reads all of ``paths``, made by ``opened`` when none is idle.

        Raises ``sqlite3.Error``, as ``opened`` does; one with which anything failed is not kept.
        """
        identity = _identity(paths)
        raw = self._take(paths, identity) or opened()
        try:
            yield raw
        except BaseException:
            raw.close()
            raise
        self._give_back(paths, identity, raw)

    def forget(self, *paths: Path) -> None:
        """Close what is idle of these files."""
        self._close_if(lambda key: not set(paths).isdisjoint(key))

    def close(self) -> None:
        """Close all that is idle."""
        self._close_if(lambda _: True)

    def _take(self, paths: Key, identity: Identity) -> sqlite3.Connection | None:
        with self._lock:
            for number, key, known in reversed(self._idle):
                if (key, known) == (paths, identity):
                    return self._idle.pop((number, key, known))
        return None

    def _give_back(self, paths: Key, identity: Identity, raw: sqlite3.Connection) -> None:
        stands_in = not raw.execute("PRAGMA database_list").fetchone()[
            2
        ]  # in memory, for a file that is not ready
        if stands_in or len(identity) < len(paths) or _identity(paths) != identity:
            raw.close()
            return
        with self._lock:
            self._number += 1
            self._idle[self._number, paths, identity] = raw
            oldest = self._idle.popitem(last=False)[1] if len(self._idle) > MAX_IDLE else None
        if oldest is not None:
            oldest.close()

    def _close_if(self, meant: Callable[[Key], bool]) -> None:
        with self._lock:
            gone = [self._idle.pop(one) for one in list(self._idle) if meant(one[1])]
        for raw in gone:
            raw.close()


def _identity(paths: Key) -> Identity:
    """What tells files from others of the same name; shorter when one is not there."""
    found = []
    for path in paths:
        try:
            status = os.stat(path)  # noqa: PTH116 - it is asked for each answer of each day
        except OSError:
            break
        found.append((status.st_dev, status.st_ino))
    return tuple(found)
