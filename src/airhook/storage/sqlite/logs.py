"""Logs: what is over, one SQLite file for each UTC day, so that a day is dropped by unlinking it (design D12).

The file of a day holds what was settled on that day: attempts, ended deliveries, finished events. Only the writer's
thread writes. A damaged file is set aside and a new one takes its place: the log of a day must not stop deliveries.
"""

import datetime as dt
import logging
import os
import re
import secrets
import sqlite3
import sys
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple, cast

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from airhook.core import failpoints
from airhook.storage.log_tables import hook_log, log, log_changes
from airhook.storage.sqlite.connect import connect, damaged, truncate_wal
from airhook.storage.sqlite.dayfiles import DayFiles
from airhook.storage.sqlite.queries import HOT, Row, insert, keys

LOG_FOLDER = "logs"
LOG_VERSION = 4  # PRAGMA user_version of a day's file
DAY_MS = 86_400_000
CHANGES_AT_ONCE = 5000

_logger = logging.getLogger(__name__)
_NAME = re.compile(r"airhook-(\d{4}-\d{2}-\d{2})\.db\Z")
_BESIDE = re.compile(r"airhook-(\d{4}-\d{2}-\d{2})\.(?:db-wal|db-shm|idx|idx-wal|idx-shm)\Z")
SIDES = ("", "-wal", "-shm")


class NoLogError(sqlite3.DatabaseError):
    """A file in the place of a log that is none, as an empty one."""


class Ended(NamedTuple):
    """Deliveries of the live database that end in one way."""

    ids: list[int]
    state: str
    attempts: int
    reason: str | None
    settled_ms: int


class Finished(NamedTuple):
    """Events of the live database that are over."""

    account_id: int
    ids: str  # JSON list


@dataclass(slots=True)
class LogRows:
    """What one commit writes: rows in the order of the log tables' columns, and what it copies from the live database."""

    attempts: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    hooks: list[Row] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.attempts or self.deliveries or self.events or self.hooks or self.ended)

    def told_of(self) -> set[int]:
        """Ids of deliveries."""
        rows = {row[0] for row in chain(self.attempts, self.deliveries)}
        return cast("set[int]", rows).union(*(some.ids for some in self.ended))


def day_of(now_ms: int) -> dt.date:
    return dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC).date()


def start_ms(day: dt.date) -> int:
    """The first millisecond of a UTC day."""
    return (day - dt.date(1970, 1, 1)).days * DAY_MS


class DayLogs:
    """The folder of day files. ``path``, ``days`` and ``files`` may be used from any thread; the rest is the writer's.

    ``live`` is the database from which rows are copied.
    """

    def __init__(self, folder: Path, live: Path | None = None) -> None:
        self._folder = folder
        self._live = live
        self._open: tuple[dt.date, sqlite3.Connection] | None = None
        self.files = DayFiles()

    def index(self, day: dt.date) -> Path:
        """The file by which the day is searched (``logindex``)."""
        return self._folder / f"airhook-{day.isoformat()}.idx"

    def path(self, day: dt.date) -> Path:
        return self._folder / f"airhook-{day.isoformat()}.db"

    def days(self) -> list[dt.date]:
        """Days that have a file, newest first."""
        names = (_NAME.match(path.name) for path in self._folder.glob("airhook-*.db"))
        return sorted((dt.date.fromisoformat(name[1]) for name in names if name), reverse=True)

    def write(self, now_ms: int, rows: LogRows) -> None:
        """Write and commit, fully synced. Raises ``sqlite3.Error`` when that cannot be done now."""
        day = day_of(now_ms)
        try:
            self._write(day, rows)
        except sqlite3.DatabaseError as error:
            if not (damaged(error) or isinstance(error, NoLogError)):
                raise
            self._prove_readable(rows)
            self.set_aside(day, now_ms, error)
            self._write(day, rows)

    def upgrade(self) -> None:
        """Bring files of earlier releases up to date; what cannot be read is left to whoever needs it."""
        for day in self.days():
            with suppress(sqlite3.Error), closing(_open(self.path(day))):
                pass

    def prepare(self, day: dt.date) -> None:
        """Make the file of a day ahead, so that midnight costs no more than opening it."""
        if not self.path(day).exists():
            _make(self.path(day))

    def set_aside(self, day: dt.date, now_ms: int, error: Exception) -> None:
        self.close()
        path = self.path(day)
        self.files.forget(path)
        _logger.error("log file %s is damaged (%s); it is set aside and a new one is made", path, error)
        for side in SIDES:
            with suppress(FileNotFoundError):
                Path(f"{path}{side}").rename(f"{path}.damaged-{now_ms}{side}")

    def drop(self, day: dt.date) -> None:
        """Delete the log of a day that is over, at once and whatever its size."""
        if self._open and self._open[0] == day:
            self.close()
        for path in (self.path(day), self.index(day)):
            for side in SIDES:
                Path(f"{path}{side}").unlink(missing_ok=True)
            failpoints.hit("log.drop")
        self.files.forget(self.path(day), self.index(day))

    def sweep(self) -> None:
        """Delete what a crash, or an indexer at work, left of days that were dropped."""
        for path in self._folder.glob("airhook-*"):
            beside = _BESIDE.match(path.name)
            if beside and not self.path(dt.date.fromisoformat(beside[1])).exists():
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close what is open; the last connection to a file checkpoints it."""
        self.files.close()
        if self._open:
            self._open[1].close()
            self._open = None

    def truncate(self, above_bytes: int) -> None:
        """Give the space of a large WAL back."""
        if self._open:
            day, raw = self._open
            truncate_wal(raw, self.path(day), above_bytes)

    def _write(self, day: dt.date, rows: LogRows) -> None:
        raw = self._of(day)
        raw.execute("BEGIN IMMEDIATE")
        try:
            insert(raw, "log_attempts", rows.attempts)
            insert(raw, "log_deliveries", rows.deliveries)
            insert(raw, "log_events", rows.events)
            insert(raw, "log_hooks", rows.hooks)
            for ended in rows.ended:
                raw.execute(HOT["copy_deliveries"], (*ended[1:], keys(ended.ids)))
            for finished in rows.finished:
                raw.execute(HOT["copy_events"], finished)
            if ids := rows.told_of():
                raw.execute(HOT["log_change"], (pack(ids),))
            raw.execute("COMMIT")
        finally:
            if raw.in_transaction:
                raw.execute("ROLLBACK")

    def _of(self, day: dt.date) -> sqlite3.Connection:
        if self._open is None or self._open[0] != day:
            self.close()
            self._open = (day, self._opened(day))
        return self._open[1]

    def _opened(self, day: dt.date) -> sqlite3.Connection:
        raw = _open(self.path(day))
        if self._live:
            try:
                raw.execute("ATTACH ? AS live", (f"{self._live.absolute().as_uri()}?mode=ro",))
            except sqlite3.Error:
                raw.close()
                raise
        return raw

    def _prove_readable(self, rows: LogRows) -> None:
        """Raise ``sqlite3.Error`` when it is the live database that is damaged: its log must not be set aside for that."""
        if not self._live:
            return
        with closing(connect(self._live)) as raw:
            for ended in rows.ended:
                raw.execute(HOT["deliveries_by_ids"], (keys(ended.ids),)).fetchall()
            for finished in rows.finished:
                raw.execute(HOT["events_by_ids"], finished).fetchall()


def _open(path: Path) -> sqlite3.Connection:
    """Open a day's file, made if need be."""
    if not path.exists():
        _make(path)
    raw = connect(path)
    try:
        _upgrade(raw, path)
    except sqlite3.Error:
        raw.close()
        raise
    return raw


def _upgrade(raw: sqlite3.Connection, path: Path) -> None:
    """Version 1 did not record how many deliveries an event was accepted with; 2 neither what changed nor
    repeats; 3 no hooks.
    """
    version = raw.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        raise NoLogError(f"{path} holds no log")
    if version < LOG_VERSION:
        raw.execute("BEGIN IMMEDIATE")
        if version < 2:
            raw.execute("ALTER TABLE event_log ADD COLUMN planned INTEGER")
        if version < 3:
            _record_changes(raw)
            known = {row[1] for row in raw.execute("PRAGMA table_info(delivery_log)")}
            for name in {"repeat_of", "replay_id"} - known:
                raw.execute(f"ALTER TABLE delivery_log ADD COLUMN {name} INTEGER")
        raw.execute(_create(hook_log))
        raw.execute(f"PRAGMA user_version = {LOG_VERSION}")
        raw.execute(f"PRAGMA application_id = {secrets.randbits(31)}")
        raw.execute("COMMIT")


def _record_changes(raw: sqlite3.Connection) -> None:
    raw.execute("DROP INDEX IF EXISTS delivery_log_account")
    raw.execute(_create(log_changes))
    ids = raw.execute("SELECT id FROM delivery_log UNION SELECT delivery_id FROM attempt_log")
    while some := ids.fetchmany(CHANGES_AT_ONCE):
        raw.execute(HOT["log_change"], (pack(one for (one,) in some),))


def _create(table: Table) -> str:
    return str(CreateTable(table, if_not_exists=True).compile(dialect=sqlite.dialect()))


def pack(ids: Iterable[int]) -> bytes:
    """Ids as ``log_changes`` holds them."""
    packed = array("q", ids)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(ids: bytes) -> "array[int]":
    packed = array("q", ids)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed


def _make(path: Path) -> None:
    """Make a day's file. Whoever finds it finds it whole; of two processes the first wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with closing(connect(draft, create=True)) as raw:
            raw.execute("BEGIN")
            # The random number tells a file from another of the same name.
            marks = (
                f"PRAGMA user_version = {LOG_VERSION}",
                f"PRAGMA application_id = {secrets.randbits(31)}",
            )
            for statement in (*_schema(), *marks):
                raw.execute(statement)
            raw.execute("COMMIT")
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        for side in SIDES:
            Path(f"{draft}{side}").unlink(missing_ok=True)


def _schema() -> Iterator[str]:
    for table in log.sorted_tables:
        yield _create(table)
