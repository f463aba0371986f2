"""The thread that keeps the days' indexes up with their logs, the newest day first.

It belongs to nobody's way: it yields to every other thread of the machine (nice), commits small parts, and an error costs
no more than an index that is behind, which searches tell.
"""

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from airhook.storage.sqlite.connect import damaged
from airhook.storage.sqlite.daysearch import discard
from airhook.storage.sqlite.logindex import DayIndex
from airhook.storage.sqlite.logs import DayLogs

LOOK_EVERY_S = 1.0
NICE = 10
QUIET_NS = 1_000_000_000

_logger = logging.getLogger(__name__)


class Indexer:
    """Started at once. ``live`` is the live database."""

    def __init__(self, logs: DayLogs, live: Path) -> None:
        self._logs = logs
        self._live = live
        self._seen: dict[date, int] = {}  # when a day's log was last written, as far as its index knows
        self._told: set[date] = set()
        self._remade: set[date] = set()  # whose index was damaged
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="airhook-indexer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        lacks = False
        while not self._over.is_set():
            try:
                for day in self._days_to_do():
                    self._index(day)
                lacks = False
            except OSError as error:  # such as no files left in a crowd; there will be some again
                if not lacks:
                    _logger.warning("the days of the log cannot be looked through now: %s", error)
                lacks = True
            self._over.wait(LOOK_EVERY_S)

    def _days_to_do(self) -> Iterator[date]:
        """Those that were written since they were indexed, or whose index a search found damaged and deleted."""
        days = self._logs.days()
        self._seen = {day: at for day, at in self._seen.items() if day in days}
        for day in days:
            if self._over.is_set():
                return
            if self._written(day) != self._seen.get(day) or not self._logs.index(day).exists():
                yield day

    def _index(self, day: date) -> None:
        written = self._written(day)
        try:
            with contextlib.closing(DayIndex(self._logs, day, self._live)) as index:
                while index.advance():
                    if self._over.is_set():
                        return
        except sqlite3.Error as error:
            self._failed(day, written, error)
            return
        self._remade.discard(day)
        if time.time_ns() - written > QUIET_NS:  # else it may be in the file and not yet be committed
            self._seen[day] = written

    def _failed(self, day: date, written: int, error: sqlite3.Error) -> None:
        """Damage is first put down to the index, which is made anew; when that fails, too, to the log."""
        if not self._logs.path(day).exists():  # dropped since the days were listed
            return
        if day not in self._told:
            self._told.add(day)
            _logger.warning("the index of %s is not made now: %s", day, error)
        if not damaged(error):
            return
        if day in self._remade:
            self._seen[day] = written
        else:
            self._remade.add(day)
            discard(self._logs.index(day))

    def _written(self, day: date) -> int:
        path = self._logs.path(day)
        newest = 0
        for side in ("", "-wal"):
            with contextlib.suppress(OSError):
                status = Path(f"{path}{side}").stat()
                if status.st_size:  # reading a log makes an empty WAL beside it, which is no news
                    newest = max(newest, status.st_mtime_ns)
        return newest
