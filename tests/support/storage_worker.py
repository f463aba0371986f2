"""A process with a store, to be killed: ``FOLDER accept`` or ``FOLDER settle FAILPOINT``."""

import asyncio
import sys
import threading
from pathlib import Path

from airhook.core import failpoints
from airhook.storage.sqlite import SqliteStore, open_store
from support.storage import SECRET_KEY, SetClock, accept, delivered, delivery, event


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
    settled = threading.Event()
    store.settle([delivered(sent)], lambda _: settled.set())
    settled.wait(20)


def main() -> None:
    folder, what = sys.argv[1:3]
    store = open_store(Path(folder), SetClock(), secret_key=SECRET_KEY)
    failpoints.arm(",".join(sys.argv[3:]))
    if what == "accept":
        asyncio.run(accept_for_ever(store))
    else:
        settle_once(store)
    store.close()


if __name__ == "__main__":
    main()
