"""What the console's charts are made of: the counts of this process's own parts."""

from airhook.control.sessions import Sessions
from airhook.control.trends import Sample, Trends
from airhook.core.clock import Clock
from airhook.core.errors import AirhookError
from airhook.core.ports import Store
from airhook.core.stats import TOOK_MS
from airhook.delivery.engine import DeliveryEngine


def make_trends(store: Store, clock: Clock, engine: DeliveryEngine, sessions: Sessions) -> Trends:
    async def look() -> Sample:
        counted = engine.stats()
        return Sample(
            at_ms=clock.now_ms(),
            delivered=counted.delivered,
            failed=counted.failed,
            took=counted.took,
            backlog=await _backlog(store),
            live=sessions.stats().live,
        )

    return Trends(look, TOOK_MS)


async def _backlog(store: Store) -> int | None:
    try:
        return sum((await store.read(lambda view: view.counts())).deliveries.values())
    except AirhookError:
        return None
