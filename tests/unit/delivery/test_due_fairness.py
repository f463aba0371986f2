"""A long backlog behind one destination costs the others nothing: the engine on a real database, and real receivers."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airhook.core.clock import SystemClock
from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.destinations import DestinationKey, Order, id_of
from airhook.core.due import Line, Want
from airhook.core.snapshot import ConfigHolder, Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery.engine import DeliveryEngine, EngineSettings
from airhook.storage.sqlite import SqliteStore
from airhook.storage.sqlite.connect import STATE_FILE, connect
from airhook.storage.sqlite.queries import DELIVERY, insert
from airhook.storage.sqlite.transaction import transaction
from support.delivery_bench import DAY_MS, KEY, LOCAL, eventually
from support.receiver import Receiver
from support.storage import SqliteBackend

BACKLOG = 100_000
READ_MAX = 3000  # rows, until the others are through
MINUTE_MS = 60_000
# The same delivery again and again, each with an id of its own.
SAME = [name for name in (*DELIVERY, "destination") if name not in ("id", "body")]
COPIES = f"""
WITH RECURSIVE n (more) AS (SELECT 1 UNION ALL SELECT more + 1 FROM n LIMIT ?)
INSERT INTO deliveries (id, body, {", ".join(SAME)})
SELECT id + more, CAST(json_object('n', id + more) AS BLOB), {", ".join(SAME)} FROM deliveries, n WHERE id = ?
"""


class Counted:
    """The store, and how much was read of it."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.rows: dict[int, int] = {}  # by destination
        self.sweeps = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def lines(self, now_ms: int, after: int | None, limit: int) -> list[Line]:
        self.sweeps += after is None
        return self._store.lines(now_ms, after, limit)

    def due(self, now_ms: int, wants: Sequence[Want]) -> list[list[Delivery]]:
        found = self._store.due(now_ms, wants)
        for want, some in zip(wants, found, strict=True):
            self.rows[want.destination] = self.rows.get(want.destination, 0) + len(some)
        return found


class Stage:
    """Deliveries in a database from before the start, and an engine on it."""

    def __init__(self, folder: Path) -> None:
        self._backend = SqliteBackend(folder)
        self._path = folder / STATE_FILE
        self.store = Counted(self._backend.open(SystemClock()))
        self._ids = 0

    def stored(self, url: str, count: int, *, age_ms: int, **fields: Any) -> None:
        """Put so many into the database, as if they had been accepted so long ago."""
        first = self.make(url, age_ms, **fields)
        self.put([first])
        self._ids += count - 1
        with closing(connect(self._path)) as raw, transaction(raw):
            raw.execute(COPIES, (count - 1, first.id))

    def put(self, deliveries: Sequence[Delivery]) -> None:
        rows = [[*msgspec.structs.astuple(one), id_of(one.account_id, one.url)] for one in deliveries]
        with closing(connect(self._path)) as raw, transaction(raw):
            insert(raw, "insert_deliveries", rows)

    def make(self, url: str, age_ms: int = 0, **fields: Any) -> Delivery:
        self._ids += 1
        then_ms = time.time_ns() // 1_000_000 - age_ms
        made = Delivery(
            id=self._ids, event_id=f"e{self._ids}", account_id=1, event_type=1, domain="d", app="a", stream="s",
            template_id=1, url=url, body=json.dumps({"n": self._ids}).encode(), lane=None, shard=0,
            state=DeliveryState.PENDING, created_ms=then_ms, due_ms=then_ms, hold_until_ms=then_ms + DAY_MS,
            expires_ms=then_ms + DAY_MS,
        )  # fmt: skip
        return msgspec.structs.replace(made, **fields)

    def left(self, url: str) -> int:
        with closing(connect(self._path)) as raw:
            found = raw.execute("SELECT count(*) FROM deliveries WHERE url = ?", (url,))
            return int(found.fetchone()[0])

    @contextmanager
    def engine(self, paused: Sequence[DestinationKey] = (), **settings: Any) -> Iterator[DeliveryEngine]:
        template = CallbackTemplate(id=1, account_id=1, name="t", callback_key=KEY)
        orders = {key: Order(paused=True) for key in paused}
        holder = ConfigHolder(Snapshot(templates={1: template}, orders=orders))
        made = DeliveryEngine(self.store, holder, SystemClock(), LOCAL, EngineSettings(**settings))
        made.start()
        try:
            yield made
        finally:
            made.stop(grace_s=0)

    def close(self) -> None:
        self._backend.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest.fixture
def hung() -> Iterator[Receiver]:
    with Receiver() as made:
        made.answer(never=True)
        yield made


def through(stage: Stage, url: str) -> Callable[[], bool]:
    return lambda: stage.left(url) == 0


@pytest.mark.parametrize("why", ["hung", "paused"])
def test_stored_ones_of_a_healthy_destination_do_not_wait_behind_a_backlog(
    stage: Stage, receiver: Receiver, hung: Receiver, why: str
) -> None:
    stage.stored(hung.url(), BACKLOG // 2, age_ms=10 * MINUTE_MS)
    stage.stored(hung.url(), BACKLOG // 2, age_ms=10 * MINUTE_MS, state=DeliveryState.WAITING, attempts=1)
    stage.stored(receiver.url(), 50, age_ms=MINUTE_MS)
    stage.stored(receiver.url(), 50, age_ms=MINUTE_MS, state=DeliveryState.WAITING, attempts=1)
    paused = [DestinationKey(1, "http", "127.0.0.1", hung.port)] if why == "paused" else []

    with stage.engine(paused) as engine:
        eventually(through(stage, receiver.url()))
        in_hand = engine.stats().in_hand

    assert len(receiver.requests) == 100
    assert sum(stage.store.rows.values()) < READ_MAX
    assert stage.store.sweeps < 50
    assert in_hand < READ_MAX
    assert stage.left(hung.url()) == BACKLOG, "none of them was written to"
    assert len(hung.requests) <= (0 if paused else 8)
    hung.answer()


def test_a_backlog_of_many_destinations_goes_out_by_turns(stage: Stage, receiver: Receiver) -> None:
    """One has thirty times as much as each of the others, and all of it is older."""
    urls = [receiver.url(f"/{n}") for n in range(20)]
    stage.stored(urls[0], 1500, age_ms=10 * MINUTE_MS)
    for n, url in enumerate(urls[1:]):  # an account each makes a destination each
        stage.stored(url, 50, age_ms=MINUTE_MS, account_id=n + 2)

    with stage.engine(memory_max=800):
        for url in urls[1:]:
            eventually(through(stage, url), 30)
        left = stage.left(urls[0])
        eventually(through(stage, urls[0]), 30)

    assert left > 0, "the long one was through before the others"
    assert len(receiver.requests) == 1500 + 19 * 50


def test_what_is_stored_and_what_is_accepted_share_a_busy_destination(
    stage: Stage, receiver: Receiver
) -> None:
    """Neither the retries of a destination nor what is new for it wait until the other is through."""
    url = receiver.url()
    stage.stored(url, 600, age_ms=MINUTE_MS, state=DeliveryState.WAITING, attempts=1)
    fresh = [stage.make(url) for _ in range(1400)]
    stage.put(fresh)

    with stage.engine(memory_max=400) as engine:
        engine.offer(fresh)
        eventually(through(stage, url), 40)

    order = [body["n"] <= 600 for body in receiver.json_bodies()]
    assert sorted(body["n"] for body in receiver.json_bodies()) == list(range(1, 2001))
    assert 200 < sum(order[:900]) < 600
