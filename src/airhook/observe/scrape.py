"""A scrape: every part is asked for its counts, the database at most once in a few seconds."""

import asyncio
import time
from collections.abc import Callable

from airhook.core.clock import Clock
from airhook.core.errors import AirhookError
from airhook.core.ports import Store
from airhook.core.stats import (
    EngineStats,
    IngestStats,
    MediaStats,
    Readings,
    SessionStats,
    StoreCounts,
    WriterStats,
)
from airhook.observe import log as logs

COUNT_EVERY_S = 5.0  # counting a million deliveries takes some tens of milliseconds


class Scraper:
    """Fulfils ``web.metrics.Scrape``."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        engine: Callable[[], EngineStats],
        writer: Callable[[], WriterStats],
        sessions: Callable[[], SessionStats],
        ingest: Callable[[], IngestStats],
        media: Callable[[], MediaStats] = MediaStats,
    ) -> None:
        self._store = store
        self._clock = clock
        self._engine = engine
        self._writer = writer
        self._sessions = sessions
        self._ingest = ingest
        self._media = media
        self._one_at_a_time = asyncio.Lock()
        self._counts: StoreCounts | None = None
        self._counted_at = float("-inf")

    async def __call__(self, accept: str) -> tuple[bytes, str]:
        async with self._one_at_a_time:
            await self._count()
            readings = Readings(
                now_ms=self._clock.now_ms(),
                engine=self._engine(),
                writer=self._writer(),
                sessions=self._sessions(),
                ingest=self._ingest(),
                media=self._media(),
                counts=self._counts,
                log_dropped=logs.dropped(),
            )
            return await asyncio.to_thread(_render, readings, accept)

    async def _count(self) -> None:
        if time.monotonic() - self._counted_at < COUNT_EVERY_S:
            return
        try:
            self._counts = await self._store.read(lambda view: view.counts())
            self._counted_at = time.monotonic()
        except AirhookError:
            self._counts = None


def _render(readings: Readings, accept: str) -> tuple[bytes, str]:
    # Who is never scraped does not pay for the library, neither in time nor in memory.
    from airhook.observe import metrics

    return metrics.render(readings, accept)
