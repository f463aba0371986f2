"""Reading beside the writer: a pool of connections, and what lists show (``core.ports.View``).

Long lists are read by pages, each in a transaction of its own: a steady reader would let the WAL grow without end
(design D2).
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from airhook.core.audit import AuditEntry
from airhook.core.deliveries import Attempt, Delivery
from airhook.core.due import Line, Want
from airhook.core.events import Event
from airhook.core.history import PastFilter, PastPage
from airhook.core.hooks import HookRecord
from airhook.core.search import NEWEST, DeliveryRecord, Filter, Found
from airhook.core.sessions import Session
from airhook.core.stats import StoreCounts
from airhook.storage import past_sessions
from airhook.storage.access_tx import AccessTx
from airhook.storage.destination_tx import DestinationTx
from airhook.storage.media_tx import MediaTx
from airhook.storage.replay_tx import ReplayTx
from airhook.storage.rows import AUDIT_LOG, SESSIONS
from airhook.storage.secretbox import SecretBox
from airhook.storage.session_tx import NOT_CLOSED, SessionTx
from airhook.storage.source_tx import SourceTx
from airhook.storage.sqlite import counts, eventreader, hooklog
from airhook.storage.sqlite.connect import CACHE_KIB, Database
from airhook.storage.sqlite.logreader import LogReader
from airhook.storage.sqlite.queries import HOT, keys
from airhook.storage.sqlite.search import Search, records_of, unsettled_record
from airhook.storage.sqlite.settle import delivery_of
from airhook.storage.stream_order_tx import StreamOrderTx
from airhook.storage.tables import audit_log, sessions
from airhook.storage.values import MIN_INT64

PAGE = 500  # rows of one read: a few milliseconds
NAMED_MAX = 2000  # in hand, in a read of many destinations
BEFORE_ALL = MIN_INT64


class Reader(Database):
    """A connection that only reads; each statement is a transaction of its own."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, cache_kib=CACHE_KIB)
        self.raw.execute("PRAGMA query_only = ON")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        return self.raw.execute(sql, values).fetchall()

    def lines(self, now_ms: int, after: int | None, limit: int) -> list[Line]:
        rows = self.rows(HOT["lines"], (BEFORE_ALL if after is None else after, now_ms, limit))
        return [
            Line(destination=of, pending_ms=pending, waiting_ms=waiting, next_ms=next_)
            for of, pending, waiting, next_ in rows
        ]

    def due(self, now_ms: int, wants: Sequence[Want]) -> list[list[Delivery]]:
        """What is due of each destination, earliest first.

        Pending and waiting ones get half of the limit each at least, if they have so many: neither a backlog of fresh
        ones nor one of retries may keep the other from being found.
        """
        found: list[list[Delivery]] = []
        for together in _pages(wants):
            pending = self._first("pending", now_ms, together)
            waiting = self._first("waiting", now_ms, together)
            found += map(_halves, together, pending, waiting)
        return found

    def _first(self, state: str, now_ms: int, wants: Sequence[Want]) -> Iterator[list[Delivery]]:
        if len(wants) == 1:
            return iter([self._of_one(f"due_{state}", now_ms, wants[0])])
        return self._of_many(f"due_{state}_of_many", now_ms, wants)

    def _of_one(self, name: str, now_ms: int, want: Want) -> list[Delivery]:
        found: list[Delivery] = []
        in_hand = keys(want.in_hand)
        while len(found) < want.limit:
            after = (found[-1].due_ms, found[-1].id) if found else (BEFORE_ALL, BEFORE_ALL)
            page = min(PAGE, want.limit - len(found))
            rows = self.rows(HOT[name], (want.destination, now_ms, *after, in_hand, page))
            found += map(delivery_of, rows)
            if len(rows) < page:
                break
        return found

    def _of_many(self, name: str, now_ms: int, wants: Sequence[Want]) -> Iterator[list[Delivery]]:
        """One statement: hundreds of them, most without an answer, would each wait for the interpreter."""
        of: dict[int, list[Delivery]] = {want.destination: [] for want in wants}
        in_hand = keys([*chain.from_iterable(want.in_hand for want in wants)])
        limit = max(want.limit for want in wants)
        for destination, *row in self.rows(HOT[name], (keys([*of]), now_ms, in_hand, limit)):
            of[destination].append(delivery_of(row))
        return (sorted(of[want.destination], key=_due)[: want.limit] for want in wants)


def _pages(wants: Sequence[Want]) -> Iterator[Sequence[Want]]:
    """So many at once that a read brings about a page, and names no more in hand than that of one may be."""
    together: list[Want] = []
    for want in wants:
        widest = max(want.limit, *(one.limit for one in together)) if together else want.limit
        named = sum(len(one.in_hand) for one in together) + len(want.in_hand)
        if together and (widest * (len(together) + 1) > PAGE or named > NAMED_MAX):
            yield together
            together = []
        together.append(want)
    if together:
        yield together


def _halves(want: Want, pending: list[Delivery], waiting: list[Delivery]) -> list[Delivery]:
    limit, half = want.limit, want.limit // 2
    found = pending[: max(half, limit - len(waiting))] + waiting[: max(limit - half, limit - len(pending))]
    return sorted(found, key=_due)


def _due(delivery: Delivery) -> tuple[int, int]:
    return delivery.due_ms, delivery.id


class ReaderPool:
    """Connections are made when needed and kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._free: list[Reader] = []
        self._closed = False

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with self._lock:
            reader = self._free.pop() if self._free else None
        reader = reader or Reader(self._path)
        try:
            yield reader
        finally:
            with self._lock:
                kept = not self._closed
                if kept:
                    self._free.append(reader)
            if not kept:
                reader.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for reader in free:
            reader.close()


class SqliteView(ReplayTx, DestinationTx, StreamOrderTx, SourceTx, MediaTx, AccessTx, SessionTx):
    """``core.ports.View`` over the live database and the day files.

    It reads values as transactions do. What else a transaction can do is none of ``View``, and its connection writes
    nothing.
    """

    def __init__(self, reader: Reader, logs: LogReader, box: SecretBox) -> None:
        super().__init__(reader.core, box)
        self._reader = reader
        self._logs = logs

    def live_sessions(self, account_id: int | None) -> list[Session]:
        mine = [] if account_id is None else [sessions.c.account_id == account_id]
        return self._list(SESSIONS, NOT_CLOSED, *mine, order=(sessions.c.id,))

    def search(self, account_id: int | None, wanted: Filter, limit: int, before: int = NEWEST) -> Found:
        return Search(self._reader.rows, self._logs, account_id, wanted, limit).page(before)

    def delivery(self, account_id: int | None, delivery_id: int) -> DeliveryRecord | None:
        rows = self._reader.rows(HOT["delivery_by_id"], (delivery_id,))
        record = unsettled_record(delivery_of(rows[0])) if rows else self._logs.settled(delivery_id)
        if record is None or account_id not in (None, record.delivery.account_id):
            return None
        return self._logs.with_last_attempts([record])[0]

    def event(self, account_id: int, event_id: str) -> Event | None:
        return eventreader.find(self._reader.rows, self._logs, account_id, event_id)

    def hooks(self, session_id: int) -> list[HookRecord]:
        return hooklog.of_session(self.fresh_hooks, self._logs, session_id)

    def past_sessions(
        self, account_id: int | None, wanted: PastFilter, *, ascending: bool, offset: int, limit: int
    ) -> PastPage:
        return past_sessions.find(
            self._core, self._box, account_id, wanted, ascending=ascending, offset=offset, limit=limit
        )

    def audit_log(self, account_id: int, below: int | None, limit: int) -> list[AuditEntry]:
        before = [] if below is None else [audit_log.c.id < below]
        query = AUDIT_LOG.select.where(audit_log.c.account_id == account_id, *before)
        rows = self._core.execute(query.order_by(audit_log.c.id.desc()).limit(limit)).mappings()
        return [AUDIT_LOG.value(row, self._box) for row in rows]

    def oldest_due(self) -> int | None:
        return counts.oldest_due(self._reader)

    def counts(self) -> StoreCounts:
        return counts.counts(self._reader)

    def records(self, ids: Sequence[int]) -> dict[int, DeliveryRecord]:
        return records_of(self._reader.rows, self._logs, ids)

    def attempts(self, delivery_id: int) -> list[Attempt]:
        return self._logs.attempts(delivery_id)
