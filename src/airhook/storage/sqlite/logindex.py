"""The file by which a day's log is searched: for each value of a field the deliveries that have it.

It is made from the log's own list of changes, beside the writer, by statements that let the interpreter go; so neither
the writer's thread nor anything else waits for it. It is derived: when it is missing, damaged, or of another log, it is
made anew.

A day's index names each delivery of which the day's log tells anything (an attempt, its end) under all that the delivery
is; under a status, an error class and a final state, when the day's log tells of these.
"""

import contextlib
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from airhook.core import callback_urls, failpoints
from airhook.core.destinations import DestinationKey
from airhook.storage.sqlite.connect import connect
from airhook.storage.sqlite.logs import DayLogs, unpack
from airhook.storage.sqlite.queries import keys, load

INDEX_VERSION = 1  # PRAGMA user_version
PART = 2000  # deliveries of one commit

_SCHEMA = """
CREATE TABLE progress (id INTEGER PRIMARY KEY, log INTEGER NOT NULL, seq INTEGER NOT NULL);
CREATE TABLE terms (id INTEGER PRIMARY KEY, field TEXT NOT NULL, value TEXT NOT NULL, account_id INTEGER NOT NULL,
  UNIQUE (field, value, account_id));
CREATE TABLE postings (term INTEGER NOT NULL, delivery INTEGER NOT NULL, PRIMARY KEY (term, delivery)) WITHOUT ROWID;
CREATE TABLE origins (url INTEGER PRIMARY KEY, origin INTEGER NOT NULL);
CREATE TABLE event_deliveries (event_id TEXT NOT NULL, delivery INTEGER NOT NULL,
  PRIMARY KEY (event_id, delivery)) WITHOUT ROWID;
"""
_TEMPORARY = """
CREATE TEMP TABLE part (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE facts (id INTEGER PRIMARY KEY, account_id INTEGER, event_id TEXT, event_type INTEGER, domain TEXT,
  stream TEXT, url TEXT, state TEXT);
CREATE TEMP TABLE tries (id INTEGER, account_id INTEGER, status INTEGER, error TEXT);
"""
_SQL = load(Path(__file__).with_name("logindex.sql"))
_FIELDS = (  # name, where it stands, how it becomes text
    ("account", "facts", "''"),
    ("domain", "facts", "domain"),
    ("stream", "facts", "stream"),
    ("event_type", "facts", "CAST(event_type AS TEXT)"),
    ("url", "facts", "url"),
    ("state", "facts", "state"),
    ("status", "tries", "CAST(status AS TEXT)"),
    ("error", "tries", "error"),
)


class DayIndex:
    """The index of one day, open for writing; belongs to one thread. Raises ``sqlite3.Error``."""

    def __init__(self, logs: DayLogs, day: date, live: Path) -> None:
        self._logs = logs
        self._day = day
        self._raw = _opened(logs.index(day), mark_of(logs.path(day)))
        try:
            self._raw.executescript(_TEMPORARY)
            self._attach("day", logs.path(day))
            self._attach("live", live)
        except sqlite3.Error:
            self._raw.close()
            raise

    def close(self) -> None:
        self._raw.close()

    def advance(self, part: int = PART) -> int:
        """Take in about ``part`` more changes; how many deliveries they told of. 0: it is up to date."""
        [(done,)] = self._raw.execute("SELECT seq FROM progress")
        ids, seq = array("q"), done
        for at, packed in self._raw.execute("SELECT seq, ids FROM day.log_changes WHERE seq > ?", (done,)):
            ids.extend(unpack(packed))
            seq = at
            if len(ids) >= part:
                break
        if seq > done:
            self._take_in(ids, seq)
        return len(ids)

    def _attach(self, name: str, path: Path) -> None:
        self._raw.execute(f"ATTACH ? AS {name}", (f"{path.absolute().as_uri()}?mode=ro",))

    def _take_in(self, ids: Sequence[int], seq: int) -> None:
        self._gather(ids)
        self._raw.execute("BEGIN IMMEDIATE")
        try:
            self._raw.execute(_SQL["events"])
            for field, source, value in _FIELDS:
                for name in ("terms", "postings"):
                    self._raw.execute(_SQL[name].format(field=field, source=source, value=value))
            self._find_origins()
            self._raw.execute("UPDATE progress SET seq = ?", (seq,))
            failpoints.hit("index.before_commit")
            self._raw.execute("COMMIT")
        finally:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")

    def _gather(self, ids: Sequence[int]) -> None:
        for name in ("begin", "forget_facts", "forget_tries"):
            self._raw.execute(_SQL[name])
        self._raw.execute(_SQL["part"], (keys(list(ids)),))
        self._raw.execute(_SQL["facts_settled"])
        self._raw.execute(_SQL["facts_unsettled"])
        self._ask_later_days()
        self._raw.execute(_SQL["tries"])

    def _ask_later_days(self) -> None:
        """What was only tried on this day may have ended since, on another."""
        for day in self._logs.days():
            if day <= self._day or not self._raw.execute(_SQL["missing"]).fetchone():
                return
            self._attach("later", self._logs.path(day))
            try:
                self._raw.execute(_SQL["facts_later"])
            finally:
                self._raw.execute("DETACH later")

    def _find_origins(self) -> None:
        for term, url, account_id in self._raw.execute(_SQL["new_urls"]).fetchall():
            where = origin_of(url, account_id)
            self._raw.execute(_SQL["origin_term"], (where, account_id))
            self._raw.execute(_SQL["origin"], (term, where, account_id))
        self._raw.execute(_SQL["origin_postings"])


def origin_of(url: str, account_id: int) -> str:
    """The destination that a URL leads to; empty for a URL that leads nowhere."""
    with contextlib.suppress(ValueError):
        target = callback_urls.split(url)
        return DestinationKey(account_id, target.scheme, target.host, target.port).origin
    return ""


def unindexed(raw: sqlite3.Connection) -> Iterator[int]:
    """Deliveries of which the day ``raw`` (an index with its log attached as ``day``) tells and the index does not."""
    rows = raw.execute(
        "SELECT ids FROM day.log_changes WHERE seq > (SELECT seq FROM progress) ORDER BY seq DESC"
    )
    for (packed,) in rows:
        yield from unpack(packed)


def mark_of(log: Path) -> int:
    """The number that tells a log from another of the same day."""
    with contextlib.closing(connect(log)) as raw:
        return int(raw.execute("PRAGMA application_id").fetchone()[0])


def fits(raw: sqlite3.Connection, mark: int) -> bool:
    """Whether ``raw`` is an index of the log with that mark. Closes it when it cannot be read."""
    try:
        if raw.execute("PRAGMA user_version").fetchone()[0] != INDEX_VERSION:
            return False
        return bool(raw.execute("SELECT log FROM progress").fetchone() == (mark,))
    except sqlite3.Error:
        raw.close()
        raise


def create(raw: sqlite3.Connection, mark: int) -> None:
    """Make an index of nothing yet."""
    raw.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {INDEX_VERSION}")
    raw.execute("INSERT INTO progress VALUES (1, ?, 0)", (mark,))
    raw.execute("COMMIT")


def _opened(path: Path, mark: int) -> sqlite3.Connection:
    """An index that fits its log; one that does not, or cannot be read, is made anew."""
    if path.exists():
        with contextlib.suppress(sqlite3.Error):
            raw = connect(path)
            if fits(raw, mark):
                raw.execute("PRAGMA synchronous = NORMAL")
                return raw
            raw.close()
    for side in ("", "-wal", "-shm"):
        Path(f"{path}{side}").unlink(missing_ok=True)
    raw = connect(path, create=True)
    raw.execute("PRAGMA synchronous = NORMAL")  # it may lose its newest part, and is never broken
    create(raw, mark)
    return raw
