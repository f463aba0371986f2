"""Stores for tests: each backend behind the same few methods, and values to put into it."""

import asyncio
import itertools
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from airhook.core.accounts import Account
from airhook.core.clock import Clock
from airhook.core.deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    ErrorClass,
    Outcome,
    Timings,
    lane_key,
    shard_of,
)
from airhook.core.due import Want
from airhook.core.events import Event, PushStarted
from airhook.core.ports import Settled, Tx
from airhook.core.sessions import Session, SessionState
from airhook.storage.sqlite import SqliteStore, open_store
from support.new_database import new_database

SECRET_KEY = b"0123456789abcdef0123456789abcdef"
NOON_MS = 1_767_268_800_000  # 2026-01-01 12:00 UTC
DAY_MS = 86_400_000
WAIT_S = 45

_ids = itertools.count(1)


class SetClock:
    """Time that stands still until ``now`` is set, as if so much had passed; ``jump`` moves the wall clock alone."""

    def __init__(self, now_ms: int = NOON_MS) -> None:
        self.now = now_ms
        self._jumped_ms = 0

    def jump(self, by_ms: int) -> None:
        self._jumped_ms += by_ms
        self.now += by_ms

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return (self.now - self._jumped_ms) / 1000


class SqliteBackend:
    """A database in ``folder``; several stores may be open on it, as several processes would."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.clock = SetClock()
        self._open: list[SqliteStore] = []
        new_database(folder)
        self.store = self.open(**options)

    def open(self, clock: Clock | None = None, secret_key: bytes = SECRET_KEY, **options: Any) -> SqliteStore:
        store = open_store(self.folder, clock or self.clock, secret_key=secret_key, **options)
        self._open.append(store)
        return store

    def reopen(self) -> None:
        self.close()
        self.store = self.open()

    def close(self) -> None:
        while self._open:
            self._open.pop().close()

    def stored_bytes(self) -> bytes:
        """Everything that lies on the disk."""
        return b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())

    def logged_events(self) -> list[str]:
        """Ids of the events in the log, in all its days."""
        return [row[0] for row in self._logged("SELECT id FROM event_log ORDER BY accepted_ms, id")]

    def logged_attempts(self) -> list[tuple[int, int]]:
        """(n, status) of every attempt in the log."""
        return self._logged("SELECT n, status FROM attempt_log ORDER BY delivery_id, n")

    def live_events(self) -> dict[str, int]:
        """Events that are not in the log yet, with the number of their deliveries that have not ended."""
        return dict(query(self.folder / "airhook.db", "SELECT id, unsettled FROM events"))

    def _logged(self, sql: str) -> list[Any]:
        return [row for path in sorted((self.folder / "logs").glob("*.db")) for row in query(path, sql)]


BACKENDS = {"sqlite": SqliteBackend}


def query(path: Path, sql: str, values: Sequence[object] = ()) -> list[Any]:
    raw = sqlite3.connect(path)
    try:
        return raw.execute(sql, values).fetchall()
    finally:
        raw.close()


def transact(store: SqliteStore, work: Callable[[Tx], Any]) -> Any:
    return asyncio.run(store.transact(work))


def settle(store: SqliteStore, *outcomes: Outcome) -> Settled:
    """Settle and wait; raises what the store tells."""
    settled: Settled = await_answer(lambda done: store.settle(outcomes, done))
    return settled


def promote_held(store: SqliteStore, now_ms: int) -> list[Delivery]:
    freed: list[Delivery] = await_answer(lambda done: store.promote_held(now_ms, done))
    return freed


def await_answer(call: Callable[[Callable[[Any], None]], None]) -> Any:
    answers: list[Any] = []
    told = threading.Event()

    def done(answer: Any) -> None:
        answers.append(answer)
        told.set()

    call(done)
    assert told.wait(WAIT_S), "the store does not answer"
    assert len(answers) == 1
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


# --- values ---------------------------------------------------------------------------------------------------------


def account(account_id: int = 1) -> Account:
    return Account(
        id=account_id, appid=1_250_000_000 + account_id, name=f"account {account_id}", created_ms=NOON_MS
    )


def session(session_id: int | None = None, **changes: Any) -> Session:
    values: dict[str, Any] = {
        "id": session_id or next(_ids),
        "account_id": 1,
        "domain": "push.example.com",
        "app": "live",
        "stream": "room1",
        "stream_param": "txSecret=abc&txTime=66",
        "user_ip": "203.0.113.7",
        "node": "198.51.100.2",
        "source": "rtmp",
        "state": SessionState.OPENING,
        "owner": "node-1",
        "epoch": 1,
        "started_ms": NOON_MS,
        "last_data_ms": NOON_MS,
        "bytes": 0,
        "width": 0,
        "height": 0,
    }
    return Session(**{**values, **changes})


def event(event_id: str | None = None, **changes: Any) -> Event:
    stream = changes.get("stream", "room1")
    facts = PushStarted(
        appid=1_250_000_001,
        domain="push.example.com",
        app="live",
        stream=stream,
        stream_param="",
        user_ip="203.0.113.7",
        node="198.51.100.2",
        set_id=1,
        idc_id=2,
        sequence=7,
        width=1920,
        height=1080,
    )
    values: dict[str, Any] = {
        "id": event_id or f"event-{next(_ids)}",
        "account_id": 1,
        "event_type": 1,
        "domain": "push.example.com",
        "app": "live",
        "stream": stream,
        "session_id": 7,
        "occurred_ms": NOON_MS,
        "accepted_ms": NOON_MS,
        "config_version": 3,
        "facts": facts,
    }
    return Event(**{**values, **changes})


def delivery(of: Event, *, lane: bool = False, **changes: Any) -> Delivery:
    """A delivery of ``of``; with ``lane`` it is ordered within its stream. Ids count up."""
    key = (of.account_id, of.domain, of.app, of.stream)
    values: dict[str, Any] = {
        "id": next(_ids),
        "event_id": of.id,
        "account_id": of.account_id,
        "event_type": of.event_type,
        "domain": of.domain,
        "app": of.app,
        "stream": of.stream,
        "template_id": 5,
        "url": "https://hooks.example.com/begin",
        "body": b'{"appid":1250000001,"event_type":1}',
        "lane": lane_key(*key) if lane else None,
        "shard": shard_of(*key),
        "state": DeliveryState.PENDING,
        "created_ms": NOON_MS,
        "due_ms": NOON_MS,
        "hold_until_ms": NOON_MS + 960_000,
        "expires_ms": NOON_MS + DAY_MS,
    }
    return Delivery(**{**values, **changes})


def attempt(of: Delivery, **changes: Any) -> Attempt:
    """A successful attempt, the next one of ``of``."""
    values: dict[str, Any] = {
        "delivery_id": of.id,
        "n": of.attempts + 1,
        "started_ms": NOON_MS,
        "finished_ms": NOON_MS + 12,
        "t": NOON_MS // 1000 + 600,
        "key_version": 1,
        "request_sha256": bytes(range(32)),
        "remote_addr": "203.0.113.9",
        "status": 200,
        "error": None,
        "error_detail": "",
        "answer_headers": [("content-type", "application/json")],
        "answer_body": b'{"code":0}\xff\x00',
        "timings": Timings(dns_ms=0.5, connect_ms=1.5, first_byte_ms=9.0, total_ms=12.0),
    }
    return Attempt(**{**values, **changes})


def delivered(of: Delivery) -> Outcome:
    return Outcome(delivery=of, attempt=attempt(of), state=DeliveryState.DELIVERED)


def failed(of: Delivery, due_ms: int = NOON_MS + 60_000) -> Outcome:
    """An attempt that found status 500 and is tried again at ``due_ms``."""
    bad = attempt(of, status=500, error=ErrorClass.BAD_STATUS, error_detail="The answer was 500.")
    return Outcome(delivery=of, attempt=bad, state=DeliveryState.WAITING, due_ms=due_ms)


def accept(store: SqliteStore, of: Event, *deliveries: Delivery) -> list[Delivery]:
    """Accept an event; its deliveries as the listener hears of them."""
    heard: list[Delivery] = []
    store.on_accepted(heard.extend)
    transact(store, lambda tx: tx.accept(of, deliveries))
    mine = {one.id for one in deliveries}
    return [one for one in heard if one.id in mine]


def accept_one(store: SqliteStore, *, lane: bool = False, **changes: Any) -> Delivery:
    """Accept an event with one delivery."""
    of = event(stream=changes.pop("stream", "room1"))
    (stored,) = accept(store, of, delivery(of, lane=lane, **changes))
    return stored


def all_due(store: SqliteStore, now_ms: int, limit: int = 100_000) -> list[Delivery]:
    """What may go out, of all destinations, earliest first."""
    wants = [Want(destination=line.destination, limit=limit) for line in store.lines(now_ms, None, limit)]
    found = itertools.chain.from_iterable(store.due(now_ms, wants))
    return sorted(found, key=lambda one: (one.due_ms, one.id))[:limit]


def next_due(store: SqliteStore, now_ms: int) -> int | None:
    """When the next one that may not go out yet may."""
    later = [line.next_ms for line in store.lines(now_ms, None, 100_000)]
    return min((at for at in (*later, store.next_held()) if at is not None), default=None)
