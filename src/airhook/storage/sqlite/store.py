"""The store on SQLite: opening it, and ``core.ports.Store`` and ``DeliveryStore`` over its writer and readers."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery, Outcome
from airhook.core.destinations import DestinationRow
from airhook.core.due import Line, Want
from airhook.core.errors import ConfigError, UnavailableError
from airhook.core.ports import Settled, Tx, View
from airhook.core.snapshot import ConfigRows
from airhook.core.stats import WriterStats
from airhook.storage import config_rows, schema
from airhook.storage.secretbox import SecretBox, load_secret_key
from airhook.storage.sqlite import standings
from airhook.storage.sqlite.changes import Changes
from airhook.storage.sqlite.checkpoints import Checkpointer
from airhook.storage.sqlite.connect import STATE_FILE, Database, connect, unreadable, unusable
from airhook.storage.sqlite.indexer import Indexer
from airhook.storage.sqlite.jobs import MAX_WORKS, Freeing, Outcomes, Queue, Standings, Turns, Work
from airhook.storage.sqlite.knowntime import believed_time
from airhook.storage.sqlite.logreader import LogReader
from airhook.storage.sqlite.logs import LOG_FOLDER, DayLogs, day_of
from airhook.storage.sqlite.queries import HOT
from airhook.storage.sqlite.reader import Reader, ReaderPool, SqliteView
from airhook.storage.sqlite.retention import Retention
from airhook.storage.sqlite.settle import Settler
from airhook.storage.sqlite.tidy import Tidier
from airhook.storage.sqlite.transaction import transaction
from airhook.storage.sqlite.tx import SqliteTx
from airhook.storage.sqlite.writer import MAX_OUTCOMES, Writer

READ_THREADS = 4
LONG_READ_THREADS = 2
FOLDER_MODE = 0o700
WATCH_CACHE_KIB = 16  # nothing is read

T = TypeVar("T")


def is_initialized(folder: Path) -> bool:
    """Whether the database in ``folder`` has its tables, of whatever revision."""
    path = folder / STATE_FILE
    if not path.exists():
        return False
    with _opened(path) as database:
        return schema.revision(database.core) is not None


def has_account(folder: Path) -> bool:
    """Whether the first start of ``folder`` came to its end: its account is the last that it makes. Of whatever revision."""
    path = folder / STATE_FILE
    if not path.exists():
        return False
    with _opened(path) as database:
        (tables,) = database.raw.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'accounts'"
        ).fetchone()
        return bool(tables and database.raw.execute("SELECT EXISTS (SELECT 1 FROM accounts)").fetchone()[0])


def migrate(folder: Path) -> None:
    """Make the database in ``folder``, or bring it to this program's revision.

    Raises ``ConfigError`` when it was made by a newer Airhook, or cannot be opened.
    """
    path = folder / STATE_FILE
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror}") from None
    with _opened(path, create=True) as database, transaction(database.raw):
        schema.require_known(schema.revision(database.core), path)
        schema.upgrade(database.core)


def open_store(
    folder: Path,
    clock: Clock,
    *,
    secret_key: bytes,
    max_works: int = MAX_WORKS,
    upkeep: Retention | None = None,
) -> "SqliteStore":
    """Open the store in ``folder``. ``secret_key`` is the master key of 32 bytes.

    With ``upkeep`` this process keeps the log: it indexes it, moves WALs beside the writer, and drops old days.

    Raises ``ConfigError`` when there is no database of this program's revision, or the key is not its key.
    """
    path = _existing(folder)
    box = SecretBox(secret_key)
    with _opened(path) as database:
        schema.require_current(database.core, path)
        with transaction(database.raw):
            config_rows.check_key(database.core, box, path)
    return SqliteStore(path, box, clock, max_works, upkeep)


def open_with_key_file(
    folder: Path, clock: Clock, key_file: Path, upkeep: Retention | None = None
) -> "SqliteStore":
    """``open_store`` with the master key in ``key_file``. A missing database is told before a missing key."""
    _existing(folder)
    return open_store(folder, clock, secret_key=load_secret_key(key_file), upkeep=upkeep)


def _existing(folder: Path) -> Path:
    path = folder / STATE_FILE
    if not path.exists():
        raise ConfigError(f"{path} does not exist; run: airhook init")
    return path


@contextmanager
def _opened(path: Path, *, create: bool = False) -> Iterator[Database]:
    """A database whose faults are told as ``ConfigError``."""
    try:
        with closing(Database(path, create=create)) as database:
            yield database
    except (sqlite3.Error, DBAPIError) as error:
        raise ConfigError(f"{path} cannot be used: {unusable(error, path)}") from error


class SqliteStore:
    """``core.ports.Store`` and ``core.ports.DeliveryStore``."""

    def __init__(
        self, path: Path, box: SecretBox, clock: Clock, max_works: int, upkeep: Retention | None
    ) -> None:
        self._database = database = Database(path)
        self._path = path
        self._box = box
        self._clock = clock
        self._logs = DayLogs(path.parent / LOG_FOLDER, path)
        self._logs.upgrade()
        self._log_reader = LogReader(self._logs)
        self._readers = ReaderPool(path)
        self._threads = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="airhook-reader")
        self._long_threads = ThreadPoolExecutor(LONG_READ_THREADS, thread_name_prefix="airhook-long-reader")
        self._queue = Queue(max_works)
        self._turns = Turns(self._queue)
        tx = SqliteTx(database, box)
        self._settler = settler = Settler(database, self._logs, self._queue.wake)
        self.believed = believed_time(database.raw, clock)  # what is old ends by it
        tidier = Tidier(path, database, tx, settler, self._logs, clock, self.believed, upkeep)
        self._writer = Writer(database, tx, settler, tidier, self._queue, clock)
        self._keepers: list[Indexer | Checkpointer] = []
        if upkeep is not None:
            self._keepers.append(Indexer(self._logs, path))
            self._keepers.append(Checkpointer(lambda: (path, self._logs.path(day_of(clock.now_ms())))))

    # --- core.ports.Store ---------------------------------------------------------------------------------------

    async def transact(self, work: Callable[[Tx], T]) -> T:
        return await self.submit(work)

    def submit(self, work: Callable[[Tx], T]) -> "asyncio.Future[T]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._turns.put(Work(work, loop, future))
        return future

    async def read(self, work: Callable[[View], T], *, of_many: bool = False) -> T:
        threads = self._long_threads if of_many else self._threads
        return await asyncio.get_running_loop().run_in_executor(threads, self._read, work)

    def load_config(self, since: int) -> ConfigRows:
        return self._reading(lambda reader: config_rows.load(reader.core, self._box, since))

    def config_version(self) -> int:
        """The version of the configuration as it is stored now; cheap enough to ask several times a second."""
        return self._reading(lambda reader: int(reader.rows("SELECT version FROM config_state")[0][0]))

    @contextmanager
    def changes(self) -> Iterator[Changes]:
        """What tells whether the database was written, by whichever process. It waits for nobody: it raises ``sqlite3.Error``."""
        with closing(connect(self._path, cache_kib=WATCH_CACHE_KIB)) as raw:
            raw.execute("PRAGMA busy_timeout = 0")
            yield Changes(raw)

    def newest_id(self) -> int:
        """Of the deliveries that have not ended: those that follow them in their lanes must have larger ones."""
        return self._reading(lambda reader: int(reader.rows(HOT["newest_id"])[0][0]))

    def on_accepted(self, told: Callable[[Sequence[Delivery]], None]) -> None:
        self._writer.told.append(told)

    def stats(self) -> WriterStats:
        return self._writer.stats()

    def close(self) -> None:
        for keeper in self._keepers:
            keeper.close()
        self._turns.end()
        self._writer.close()
        self._settler.close()
        self._threads.shutdown()
        self._long_threads.shutdown()
        self._readers.close()
        self._logs.close()
        self._database.close()  # the last connection checkpoints and removes the WAL

    # --- core.ports.DeliveryStore -------------------------------------------------------------------------------

    def settle(self, outcomes: Sequence[Outcome], done: Callable[[Settled | Exception], None]) -> None:
        starts = range(0, max(1, len(outcomes)), MAX_OUTCOMES)
        parts = [outcomes[start : start + MAX_OUTCOMES] for start in starts]
        told = done if len(parts) == 1 else Gathering(len(parts), done)
        try:
            self._queue.put_jobs([Outcomes(part, told) for part in parts])
        except UnavailableError as error:
            done(error)

    def promote_held(self, now_ms: int, done: Callable[[list[Delivery] | Exception], None]) -> None:
        try:
            self._queue.put_jobs([Freeing(now_ms, done)])
        except UnavailableError as error:
            done(error)

    def lines(self, now_ms: int, after: int | None, limit: int) -> list[Line]:
        return self._reading(lambda reader: reader.lines(now_ms, after, limit))

    def due(self, now_ms: int, wants: Sequence[Want]) -> list[list[Delivery]]:
        return self._reading(lambda reader: reader.due(now_ms, wants))

    def next_held(self) -> int | None:
        held: int | None = self._reading(lambda reader: reader.rows(HOT["next_held"]))[0][0]
        return held

    def save_standings(
        self, rows: Sequence[DestinationRow], done: Callable[[Exception | None], None]
    ) -> None:
        try:
            self._queue.put_jobs([Standings(rows, done)])
        except UnavailableError as error:
            done(error)

    def troubled(self) -> list[DestinationRow]:
        return self._reading(standings.in_trouble)

    # --- reading ------------------------------------------------------------------------------------------------

    def _read(self, work: Callable[[View], T]) -> T:
        return self._reading(lambda reader: work(SqliteView(reader, self._log_reader, self._box)))

    def _reading(self, work: Callable[[Reader], T]) -> T:
        try:
            with self._readers.reader() as reader:
                return work(reader)
        except Exception as error:
            raise unreadable(error) or error from error


class Gathering:
    """The answers to the parts of one large call, on the writer's thread; told when the last one is in."""

    def __init__(self, parts: int, done: Callable[[Settled | Exception], None]) -> None:
        self._left = parts
        self._done = done
        self._settled = Settled(applied=[], promoted=[])
        self._error: Exception | None = None

    def __call__(self, answer: Settled | Exception) -> None:
        self._left -= 1
        if isinstance(answer, Settled):
            self._settled.applied.extend(answer.applied)
            self._settled.promoted.extend(answer.promoted)
        else:
            self._error = self._error or answer
        if not self._left:
            self._done(self._error or self._settled)
