"""Connections to SQLite files, and what its errors mean for a caller."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from airhook.core.errors import UnavailableError

STATE_FILE = "airhook.db"
FILE_MODE = 0o600
BUSY_TIMEOUT_MS = 5000  # the command line may be writing to the same file
WRITER_CACHE_KIB = 16 * 1024
CACHE_KIB = 2 * 1024
CHECKPOINT_PAGES = 16 * 1024  # 64 MB of WAL, in pages of 4 KiB (design D2)
WAL_LIMIT_BYTES = 64 * 1024 * 1024
FULL_BELOW_BYTES = 1024 * 1024  # SQLite calls a disk that is full when a file is opened a failure of it

_WAITING_HELPS = {
    sqlite3.SQLITE_BUSY: "another process holds it",
    sqlite3.SQLITE_LOCKED: "it is locked",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_NOMEM: "memory ran out",
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def connect(path: Path, *, create: bool = False, cache_kib: int = CACHE_KIB) -> sqlite3.Connection:
    """Open a file. The connection is without implicit transactions, for one thread at a time. Its commits are fully synced."""
    mode = "rwc" if create else "rw"
    if create:
        # For its owner alone, and so is what SQLite makes beside it. SQLite tells what is wrong with a path.
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    raw = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
        cached_statements=256,
    )
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"cache_size = -{cache_kib}",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            f"journal_size_limit = {WAL_LIMIT_BYTES}",
            "temp_store = MEMORY",
            # Where it is on by default, it writes every deleted row once more. Secrets are sealed before they are stored.
            "secure_delete = OFF",
        ):
            raw.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        raw.close()
        raise
    return raw


class Database:
    """One connection to the live database: ``raw`` for hand-written statements, ``core`` for SQLAlchemy.

    Transactions are the caller's, by ``raw``; SQLAlchemy never begins or commits one of its own.
    """

    def __init__(self, path: Path, *, create: bool = False, cache_kib: int = WRITER_CACHE_KIB) -> None:
        self.raw = connect(path, create=create, cache_kib=cache_kib)
        self._path = path
        self._file = _identity(path)
        self._engine = create_engine(
            "sqlite://",
            creator=lambda: self.raw,
            poolclass=StaticPool,
            hide_parameters=True,  # an error's text goes to the log
        )
        self.core: Connection = self._engine.connect()

    def prove_there(self) -> None:
        """Raise ``UnavailableError`` when the file is gone from its place: what is committed would go with the process."""
        if _identity(self._path) != self._file:
            raise UnavailableError(
                f"The database cannot commit now: {self._path.name} was removed or replaced while it is in use; put it "
                "back, or stop the server. Nothing was accepted; try again."
            )

    def close(self) -> None:
        self.core.close()
        self._engine.dispose()
        self.raw.close()


def _identity(path: Path) -> tuple[int, int] | None:
    """Of the file that is there now."""
    try:
        found = os.stat(path)  # noqa: PTH116 - in every commit: a third of what Path.stat takes
    except OSError:
        return None
    return found.st_dev, found.st_ino


def truncate_wal(raw: sqlite3.Connection, path: Path, above_bytes: int) -> None:
    """Give the space of a WAL larger than ``above_bytes`` back."""
    wal = Path(f"{path}-wal")
    if wal.exists() and wal.stat().st_size > above_bytes:
        raw.execute("PRAGMA main.wal_checkpoint(TRUNCATE)")  # without a name: of every attached database, too


def code_of(error: BaseException) -> int | None:
    """SQLite's primary error code, through SQLAlchemy's wrapping too."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def unavailable(error: BaseException) -> UnavailableError | None:
    """What the caller is told when the database as a whole cannot commit now; None for other errors."""
    why = _why_it_passes(error)
    if why is None:
        return None
    return UnavailableError(f"The database cannot commit now: {why}. Nothing was accepted; try again.")


def unreadable(error: BaseException) -> UnavailableError | None:
    """What the caller is told when something cannot be read now; None for other errors."""
    why = _why_it_passes(error)
    return None if why is None else UnavailableError(f"The database cannot be read now: {why}. Try again.")


def _why_it_passes(error: BaseException) -> str | None:
    return _WAITING_HELPS.get(code_of(error) or 0)


def unusable(error: BaseException, path: Path) -> str:
    """What is wrong with a file, for who can mend it."""
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    if code_of(error) in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL) and _is_full(path.parent):
        return f"the disk is full; make room there ({said})"
    if damaged(error):
        return f"it is damaged; put back a copy of the data folder ({said})"
    return said


def _is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < FULL_BELOW_BYTES


def damaged(error: BaseException) -> bool:
    return code_of(error) in _DAMAGED
