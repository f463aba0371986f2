"""The records of a data folder, narrowed to what is compared, in a scratch database that sorts them on disk.

The folder is only read, and no file of it is held for long, so that a server may go on with it: the live database is
read in one short transaction, then the day files by pages. What the log tells beyond the live database happened after
it was read; ``judged_until_ms`` keeps that out.
"""

import datetime as dt
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Boolean

from airhook.core.errors import AirhookError, ConfigError
from airhook.core.templates import CallbackTemplate
from airhook.storage.rows import TEMPLATES
from airhook.storage.schema import HEAD
from airhook.storage.secretbox import SecretBox
from airhook.storage.sqlite.connect import BUSY_TIMEOUT_MS, STATE_FILE
from airhook.storage.sqlite.logs import LOG_FOLDER, DayLogs, day_of, start_ms
from airhook.storage.sqlite.queries import load

PAGE = 20_000  # rows of one read of a day file
CACHE_KIB = 64 * 1024
FRESH_MS = 30_000  # longer than any commit takes
NEVER_MS = 1 << 62

# A push that a caller reported has no session here; its sequence is in its facts.
_SEQUENCE = "CASE WHEN event_type IN (0, 1) THEN coalesce(session_id, json_extract(facts, '$.sequence')) END"

SQL = {
    name: sql.replace("{sequence}", _SEQUENCE)
    for name, sql in load(Path(__file__).with_name("records.sql")).items()
}
_TABLES = (
    "log_days",
    "sessions",
    "events",
    "receipts",
    "deliveries",
    "replays",
    "attempts",
    "schedules",
    "own_schedules",
    "received",
    "lanes",
)
_FLAGS = [column.name for column in TEMPLATES.columns if isinstance(column.type, Boolean)]
_LOGS = {
    "copy_events": ("event_log", ("account_id", "id")),
    "copy_deliveries": ("delivery_log", ("id",)),
    "copy_attempts": ("attempt_log", ("delivery_id", "n")),
}


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """``raw`` is the scratch database, with the tables of ``records.sql``."""

    raw: sqlite3.Connection
    running: bool
    kept_since_ms: int  # what is older may have been dropped with its day
    judged_until_ms: int
    days: int
    templates: list[CallbackTemplate]
    unreadable: list[tuple[str, str]]  # file, why
    damaged: list[tuple[str, str]]  # file, how; of a server that has ended


@contextmanager
def gathered(folder: Path, secret_key: bytes, *, running: bool) -> Iterator[Records]:
    """Read the folder.

    Raises ``ConfigError`` when there is no database of this program's revision, or the key is not its key, and
    ``AirhookError`` when the scratch database, or what is asked of it, finds no room.
    """
    with tempfile.TemporaryDirectory(prefix="airhook-verify-") as scratch, _room_wanted(Path(scratch)):
        raw = _scratch(Path(scratch) / "records.db")
        try:
            now_ms = time.time_ns() // 1_000_000
            logs = DayLogs(folder / LOG_FOLDER)
            there = set(logs.days())  # a server that runs may drop some, or begin one
            templates = _copy_live(raw, folder / STATE_FILE, SecretBox(secret_key))
            days = sorted(logs.days())
            unreadable = [(path.name, "was set aside as damaged") for path in _set_aside(folder / LOG_FOLDER)]
            unreadable += [
                (logs.path(day).name, "is missing, and was not dropped")
                for day in _noted(raw)
                if day not in there.union(days)
            ]
            for day in days:
                unreadable += _copy_day(raw, logs.path(day))
            # It holds the file for as long as reading all of it takes, which a server that runs must not feel.
            files = [] if running else [folder / STATE_FILE, *(logs.path(day) for day in days)]
            damaged = [found for path in files for found in _damages(raw, path)]
            for name in ("index_events", "index_deliveries", "index_repeats", "fill_lanes"):
                raw.execute(SQL[name])
            yield Records(
                raw=raw,
                running=running,
                kept_since_ms=start_ms(days[0]) if days else 0,
                judged_until_ms=now_ms - FRESH_MS if running else NEVER_MS,
                days=len(days),
                templates=templates,
                unreadable=unreadable,
                damaged=damaged,
            )
        finally:
            raw.close()


@contextmanager
def _room_wanted(scratch: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if not _is_full(error):
            raise
        raise AirhookError(
            f"{scratch.parent} has no room for a copy of the records; name a folder with TMPDIR that has as much as the "
            "data folder takes"
        ) from None


def _is_full(error: sqlite3.Error) -> bool:
    """Of what is read here, nothing is written: it is the scratch database."""
    return error.sqlite_errorcode == sqlite3.SQLITE_FULL


def _scratch(path: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(
        f"{path.as_uri()}?mode=rwc", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000
    )
    # Nobody needs it after a crash.
    for pragma in ("main.journal_mode = OFF", "main.synchronous = OFF", f"main.cache_size = -{CACHE_KIB}"):
        raw.execute(f"PRAGMA {pragma}")
    for table in _TABLES:
        raw.execute(SQL[table])
    return raw


@contextmanager
def _attached(raw: sqlite3.Connection, path: Path) -> Iterator[None]:
    raw.execute("ATTACH ? AS source", (f"{path.absolute().as_uri()}?mode=ro",))
    try:
        yield
    finally:
        if raw.in_transaction:
            raw.execute("COMMIT")
        raw.execute("DETACH source")


def _copy_live(raw: sqlite3.Connection, path: Path, box: SecretBox) -> list[CallbackTemplate]:
    """Copy the live database; the templates, whose options only the master key opens."""
    if not path.exists():
        raise ConfigError(f"{path} does not exist; name the data folder with AIRHOOK_DATA_DIR")
    try:
        with _attached(raw, path):
            raw.execute("BEGIN")
            _require_current(raw, path)
            for name in (
                "copy_log_days",
                "copy_sessions",
                "copy_receipts",
                "copy_replays",
                "copy_live_events",
                "copy_live_deliveries",
            ):
                raw.execute(SQL[name])
            return _templates(raw, box)
    except sqlite3.Error as error:
        if _is_full(error):
            raise
        raise ConfigError(f"{path} cannot be read: {error}") from None


def _templates(raw: sqlite3.Connection, box: SecretBox) -> list[CallbackTemplate]:
    rows = raw.execute(SQL["templates"])
    names = [column[0] for column in rows.description]
    found: list[Any] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    for row in found:
        # SQLite has no booleans, and only SQLAlchemy knows which numbers are some.
        row.update((name, bool(row[name])) for name in _FLAGS)
    return [TEMPLATES.value(row, box) for row in found]


def _require_current(raw: sqlite3.Connection, path: Path) -> None:
    at = None
    with suppress(sqlite3.OperationalError):
        at = raw.execute("SELECT version_num FROM source.alembic_version").fetchone()
    if at is None or at[0] != HEAD:
        found = at[0] if at else "none"
        raise ConfigError(f"{path} is at revision {found}, this program reads {HEAD}; run: airhook migrate")


def _noted(raw: sqlite3.Connection) -> list[dt.date]:
    """Days that must have a log."""
    return [day_of(start) for (start,) in raw.execute("SELECT start_ms FROM log_days ORDER BY start_ms")]


def _set_aside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.damaged-*") if not path.name.endswith(("-wal", "-shm")))


def _copy_day(raw: sqlite3.Connection, path: Path) -> list[tuple[str, str]]:
    """Copy what can be read of a day; what could not."""
    try:
        with _attached(raw, path):
            for name, (table, key) in _LOGS.items():
                columns = {row[1] for row in raw.execute(f"PRAGMA source.table_info({table})")}
                sql = SQL[name]
                for newer in ("planned", "repeat_of", "replay_id"):  # than the first files
                    sql = sql.replace(f"{{{newer}}}", newer if newer in columns else "NULL")
                _copy_pages(raw, sql, table, key)
    except sqlite3.DatabaseError as error:
        if _is_full(error):
            raise
        return [(path.name, f"cannot be read: {error}")]
    return []


def _damages(raw: sqlite3.Connection, path: Path) -> list[tuple[str, str]]:
    """The first thing that is wrong with a file's structure, also where none of its records are read."""
    try:
        with _attached(raw, path):
            [(said,)] = raw.execute("PRAGMA source.quick_check(1)").fetchall()
    except sqlite3.DatabaseError:
        return []  # is told of as unreadable
    return [] if said == "ok" else [(path.name, " ".join(said.split()))]


def _copy_pages(raw: sqlite3.Connection, copy: str, table: str, key: tuple[str, ...]) -> None:
    """Copy a table in order of its primary key, each page in a transaction of its own."""
    names = ", ".join(key)
    after: tuple[Any, ...] = ()
    while True:
        start = f"({names}) > ({_marks(key)})" if after else "TRUE"
        last = SQL["page_end"].format(key=names, table=table, page=start, skip=PAGE - 1)
        bound = raw.execute(last, after).fetchone() or ()
        end = f"({names}) <= ({_marks(key)})" if bound else "TRUE"
        raw.execute(copy.replace("{page}", f"{start} AND {end}"), (*after, *bound))
        if not bound:
            return
        after = bound


def _marks(key: tuple[str, ...]) -> str:
    return ", ".join("?" * len(key))
