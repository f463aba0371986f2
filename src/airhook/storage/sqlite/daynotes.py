"""Which days have a log, and which were dropped: the live database's own note of it.

A file that is gone without having been dropped is a loss, which ``airhook verify`` tells by these notes. A day is noted
when its file is there, and a drop before it begins, so that no crash makes a loss of either.
"""

import datetime as dt
import sqlite3
from collections.abc import Iterable

from airhook.storage.sqlite.logs import start_ms

_NOTE = "INSERT INTO log_days (start_ms) VALUES (?) ON CONFLICT DO NOTHING"
_DROPPED = """
INSERT INTO log_days (start_ms, dropped_ms) VALUES (?, ?) ON CONFLICT DO UPDATE SET dropped_ms = excluded.dropped_ms"""


class DayNotes:
    """Belongs to the writer's thread. Each note is a commit of its own: there are two or three a day."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._noted: set[dt.date] = set()

    def note(self, days: Iterable[dt.date]) -> None:
        """These days have a file."""
        for day in days:
            if day not in self._noted:
                self._raw.execute(_NOTE, (start_ms(day),))
                self._noted.add(day)

    def note_dropped(self, days: Iterable[dt.date], now_ms: int) -> None:
        """The files of these days are going to be deleted."""
        for day in days:
            self._raw.execute(_DROPPED, (start_ms(day), now_ms))
