"""How the last two hours went: a sample of the process's own counts every ten seconds, in memory, for charts.

Counts are this process's, of all its accounts. A restart forgets them: the callback records do not.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import msgspec

SAMPLE_S = 10.0
KEPT = 720  # samples: two hours
MINUTE_MS = 60_000


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Counts since the start, but for ``backlog`` and ``live``; ``took`` counts attempts by ``core.stats.TOOK_MS``."""

    at_ms: int
    delivered: int
    failed: int
    took: tuple[int, ...]
    backlog: int | None  # unsettled deliveries; None: the database did not say
    live: int


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One minute. What is None is not known, or there was nothing to measure."""

    at: int  # UNIX seconds, the minute's end
    delivered: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    backlog: int | None
    live: int


class Trends:
    def __init__(self, look: Callable[[], Awaitable[Sample]] | None, bounds_ms: Sequence[float]) -> None:
        self._look = look
        self._bounds_ms = tuple(bounds_ms)
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    async def run(self) -> None:
        """Sample until cancelled."""
        assert self._look is not None
        while True:
            self.add(await self._look())
            await asyncio.sleep(SAMPLE_S)

    def add(self, sample: Sample) -> None:
        self._samples.append(sample)

    def points(self) -> list[Point]:
        """The minutes that are known, oldest first; the running one last."""
        last_of_minute: dict[int, Sample] = {}
        for sample in self._samples:
            last_of_minute[sample.at_ms // MINUTE_MS] = sample
        ends = list(last_of_minute.items())
        first = self._samples[0] if self._samples else None
        before = [first, *(sample for _, sample in ends[:-1])]
        return [
            self._point(minute, old, new) for old, (minute, new) in zip(before, ends, strict=False) if old
        ]

    def _point(self, minute: int, old: Sample, new: Sample) -> Point:
        took = [now - then for now, then in zip(new.took, old.took, strict=True)]
        return Point(
            at=(minute + 1) * MINUTE_MS // 1000,
            delivered=new.delivered - old.delivered,
            failed=new.failed - old.failed,
            p50_ms=percentile(took, self._bounds_ms, 0.5),
            p95_ms=percentile(took, self._bounds_ms, 0.95),
            p99_ms=percentile(took, self._bounds_ms, 0.99),
            backlog=new.backlog,
            live=new.live,
        )


def percentile(counts: Sequence[int], bounds: Sequence[float], part: float) -> float | None:
    """The value below which ``part`` of the counted ones lie, drawn straight within a bucket; the last one is open."""
    wanted = sum(counts) * part
    if wanted == 0:
        return None
    low = 0.0
    for count, high in zip(counts, [*bounds, bounds[-1]], strict=True):
        if count >= wanted > 0:
            return round(low + (high - low) * wanted / count, 1)
        wanted -= count
        low = high
    return float(bounds[-1])
