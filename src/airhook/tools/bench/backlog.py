"""A database with many unsettled deliveries, written by the code that accepts write with, in large transactions.

What stands in it is what so many accepts would have left; only the syncs between them are saved.
"""

import asyncio
import functools
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from airhook.core.clock import IdMaker, SystemClock
from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.snapshot import ConfigHolder
from airhook.delivery.plan import Planner
from airhook.dialects import css
from airhook.storage.secretbox import load_or_create_secret_key
from airhook.storage.sqlite import migrate, open_store
from airhook.storage.sqlite.accept import Accepting
from airhook.storage.sqlite.connect import STATE_FILE, WRITER_CACHE_KIB, connect
from airhook.storage.sqlite.transaction import transaction
from airhook.tools.bench import facts

AT_ONCE = 1000  # events of one transaction
CONFIGURED_AT_ONCE = 500  # domains of one transaction
KEY_FILE = "secret.key"

Change = Callable[[int, Delivery], Delivery]


def prepare(folder: Path, urls: list[str]) -> ConfigHolder:
    """A database with the benchmark's configuration, one domain for each URL, as ``airhook serve`` expects it."""
    migrate(folder)
    config = ConfigHolder()
    with closing(
        open_store(folder, SystemClock(), secret_key=load_or_create_secret_key(folder / KEY_FILE))
    ) as store:
        for at in range(0, len(urls), CONFIGURED_AT_ONCE):
            part = urls[at : at + CONFIGURED_AT_ONCE]
            asyncio.run(store.transact(functools.partial(facts.configure, urls=part, first=at)))
        config.apply(store.load_config(0))
    return config


def fill(
    folder: Path,
    config: ConfigHolder,
    count: int,
    places: Sequence[int],
    first: int = 1,
    change: Change | None = None,
) -> None:
    """Write ``count`` pending deliveries, spread over the places; their events are numbered from ``first``.

    ``change`` makes something else of the delivery of a number, such as one that waits for its next attempt.
    """
    clock = SystemClock()
    planner = Planner(IdMaker(clock), css.render)
    snapshot = config.current
    accepting = Accepting()
    with closing(connect(folder / STATE_FILE, cache_kib=16 * WRITER_CACHE_KIB)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        for start in range(first, first + count, AT_ONCE):
            for number in range(start, min(start + AT_ONCE, first + count)):
                event = facts.event(number, places[number % len(places)], clock.now_ms(), snapshot.version)
                planned = planner(event, snapshot)
                accepting.add(event, [change(number, one) for one in planned] if change else planned)
            with transaction(raw):
                accepting.write(raw)
            accepting.clear()
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def unsettled(folder: Path) -> int:
    """How many deliveries have not ended."""
    with closing(sqlite3.connect(f"file:{folder / STATE_FILE}?mode=ro", uri=True)) as raw:
        count: int = raw.execute("SELECT count(*) FROM deliveries").fetchone()[0]
        return count


def waiting_until(due_ms: int) -> Change:
    """For ``fill``: each has failed once and is due again then."""

    def change(_number: int, delivery: Delivery) -> Delivery:
        return msgspec.structs.replace(
            delivery, state=DeliveryState.WAITING, attempts=1, due_ms=due_ms, expires_ms=due_ms + 86_400_000
        )

    return change
