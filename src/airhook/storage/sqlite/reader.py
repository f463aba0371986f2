"""Reading beside the writer: a pool of connections, and what lists show (``core.ports.View``).

Long lists are read by pages, each in a transaction of its own: a steady reader would let the WAL grow without end
(design D2).
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airhook.core.audit import AuditEntry
from airhook.core.deliveries import Attempt, Delivery
from airhook.core.ports import DeliveryRecord
from airhook.core.sessions import Session
from airhook.core.stats import StoreCounts
from airhook.storage.access_tx import AccessTx
from airhook.storage.rows import AUDIT_LOG, SESSIONS
from airhook.storage.secretbox import SecretBox
from airhook.storage.session_tx import NOT_CLOSED, SessionTx
from airhook.storage.sqlite import counts
from airhook.storage.sqlite.connect import CACHE_KIB, Database
from airhook.storage.sqlite.logreader import LogReader
from airhook.storage.sqlite.queries import HOT
from airhook.storage.sqlite.settle import delivery_of
from airhook.storage.stream_order_tx import StreamOrderTx
from airhook.storage.tables import audit_log, sessions

PAGE = 500  # rows of one read: a few milliseconds


class Reader(Database):
    """A connection that only reads; each statement is a transaction of its own."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, cache_kib=CACHE_KIB)
        self.raw.execute("PRAGMA query_only = ON")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        return self.raw.execute(sql, values).fetchall()

    def due(self, now_ms: int, limit: int) -> list[Delivery]:
        """Pending and waiting deliveries that are due, earliest first.

        Each of the two gets half of ``limit`` at least, if it has so many: neither a backlog of fresh ones nor one of
        retries may keep the other from being found.
        """
        pending = self._due("due_pending", now_ms, limit)
        waiting = self._due("due_waiting", now_ms, limit)
        half = limit // 2
        found = (
            pending[: max(half, limit - len(waiting))] + waiting[: max(limit - half, limit - len(pending))]
        )
        return sorted(found, key=lambda delivery: (delivery.due_ms, delivery.id))

    def _due(self, name: str, now_ms: int, limit: int) -> list[Delivery]:
        found: list[Delivery] = []
        while len(found) < limit:
            after = (found[-1].due_ms, found[-1].id) if found else (0, 0)
            rows = self.rows(HOT[name], (now_ms, *after, min(PAGE, limit - len(found))))
            found += map(delivery_of, rows)
            if len(rows) < PAGE:
                break
        return found


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


class SqliteView(StreamOrderTx, AccessTx, SessionTx):
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

    def recent_deliveries(self, account_id: int | None, limit: int) -> list[DeliveryRecord]:
        # In this order, so that what is settled between the two reads is found in the second.
        found = {one.id: _unsettled_record(one) for one in self._unsettled(account_id, limit)}
        found.update((record.delivery.id, record) for record in self._logs.recent(account_id, limit))
        newest = sorted(found.values(), key=lambda record: record.delivery.id, reverse=True)[:limit]
        return self._logs.with_last_attempts(newest)

    def delivery(self, account_id: int | None, delivery_id: int) -> DeliveryRecord | None:
        rows = self._reader.rows(HOT["delivery_by_id"], (delivery_id,))
        record = _unsettled_record(delivery_of(rows[0])) if rows else self._logs.settled(delivery_id)
        if record is None or account_id not in (None, record.delivery.account_id):
            return None
        return self._logs.with_last_attempts([record])[0]

    def audit_log(self, account_id: int, below: int | None, limit: int) -> list[AuditEntry]:
        before = [] if below is None else [audit_log.c.id < below]
        query = AUDIT_LOG.select.where(audit_log.c.account_id == account_id, *before)
        rows = self._core.execute(query.order_by(audit_log.c.id.desc()).limit(limit)).mappings()
        return [AUDIT_LOG.value(row, self._box) for row in rows]

    def oldest_due(self) -> int | None:
        return counts.oldest_due(self._reader)

    def counts(self) -> StoreCounts:
        return counts.counts(self._reader)

    def attempts(self, delivery_id: int) -> list[Attempt]:
        return self._logs.attempts(delivery_id)

    def _unsettled(self, account_id: int | None, limit: int) -> list[Delivery]:
        """Newest first, by pages: another account's may lie between."""
        found: list[Delivery] = []
        below = 2**63 - 1
        while len(found) < limit:
            page = self._reader.rows(HOT["newest_deliveries"], (below, PAGE))
            found += [delivery_of(row) for row in page if account_id in (None, row[2])]
            if len(page) < PAGE:
                break
            below = page[-1][0]
        return found[:limit]


def _unsettled_record(delivery: Delivery) -> DeliveryRecord:
    return DeliveryRecord(delivery=delivery, reason=None, last_attempt=None, settled_ms=None)
