"""A process with a store, to be killed: ``FOLDER accept``, or ``FOLDER settle FAILPOINT``, ``together`` or ``midnight``."""

import asyncio
import sys
import threading
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from airhook.core import failpoints
from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import DeliveryState, Outcome
from airhook.core.ports import Tx
from airhook.storage.sqlite import SqliteStore, open_store
from airhook.storage.sqlite.connect import STATE_FILE, connect
from airhook.storage.sqlite.daynotes import DayNotes
from airhook.storage.sqlite.logindex import DayIndex
from airhook.storage.sqlite.logs import LOG_FOLDER, DayLogs, day_of
from airhook.storage.sqlite.writer import TOGETHER
from support.storage import DAY_MS, SECRET_KEY, SetClock, accept, delivered, delivery, event, failed


async def accept_for_ever(store: SqliteStore) -> None:
    """Print each event's id as soon as it is acknowledged, as a caller would remember it."""

    async def one_caller(name: str) -> None:
        for n in range(100_000):
            of = event(f"{name}-{n}.")
            await store.transact(lambda tx, of=of: tx.accept(of, [delivery(of)]))  # type: ignore[misc]
            sys.stdout.buffer.write(f"{of.id}\n".encode())
            sys.stdout.buffer.flush()

    await asyncio.gather(*(one_caller(f"caller{n}") for n in range(8)))


def settle_once(store: SqliteStore) -> None:
    of = event("the-event")
    (sent,) = accept(store, of, delivery(of))
    _settle(store, delivered(sent))


def settle_together(store: SqliteStore, points: str) -> None:
    """Many deliveries are settled in the commit that accepts another event."""
    sent = []
    for n in range(TOGETHER):
        of = event(f"old-{n}", event_type=100, session_id=None)
        sent += accept(store, of, delivery(of))
    failpoints.arm(points)

    def work(tx: Tx) -> None:
        # The writer takes up what is in its queue when this work has been committed.
        store.settle([delivered(one) for one in sent], lambda _: None)
        asyncio.run_coroutine_threadsafe(put(), loop)
        there.wait(20)

    async def put() -> None:
        of = event("new", event_type=100, session_id=None)
        later.append(asyncio.ensure_future(store.transact(lambda tx: tx.accept(of, [delivery(of)]))))
        for _ in range(3):  # it is handed to the writer when the turn is over in which it is submitted
            await asyncio.sleep(0)
        there.set()

    async def run() -> None:
        await store.transact(work)
        await later[0]

    later: list[asyncio.Future[None]] = []
    there = threading.Event()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(run())


def settle_over_midnight(store: SqliteStore, folder: Path, clock: SetClock) -> None:
    """An attempt fails on one day and the next one succeeds on another."""
    of = event("the-event", session_id=None, event_type=100)
    (sent,) = accept(store, of, delivery(of, id=clock.now << ID_LOW_BITS))
    _settle(store, failed(sent))
    clock.now += DAY_MS
    _settle(store, delivered(replace(sent, attempts=1, state=DeliveryState.WAITING)))
    logs = DayLogs(folder / LOG_FOLDER)
    for day in logs.days():
        index = DayIndex(logs, day, folder / STATE_FILE)
        while index.advance():
            pass
        index.close()
    _drop(folder, logs, day_of(clock.now - DAY_MS), clock)


def _drop(folder: Path, logs: DayLogs, day: date, clock: SetClock) -> None:
    """As the writer's thread does."""
    raw = connect(folder / STATE_FILE)
    DayNotes(raw).note_dropped([day], clock.now)
    raw.close()
    logs.drop(day)


def _settle(store: SqliteStore, outcome: Outcome) -> None:
    settled = threading.Event()
    store.settle([outcome], lambda _: settled.set())
    settled.wait(20)


def main() -> None:
    folder, what = sys.argv[1:3]
    clock = SetClock()
    store = open_store(Path(folder), clock, secret_key=SECRET_KEY)
    if what != "together":
        failpoints.arm(",".join(sys.argv[3:]))
    if what == "accept":
        asyncio.run(accept_for_ever(store))
    elif what == "together":
        settle_together(store, sys.argv[3])
    elif what == "midnight":
        settle_over_midnight(store, Path(folder), clock)
    else:
        settle_once(store)
    store.close()


if __name__ == "__main__":
    main()
