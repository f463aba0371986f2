"""Asking the database once a second for each key of something, however often the answer is needed."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from airhook.core.clock import Clock

KNOWN_FOR_S = 1.0  # a change counts within a second
MAX_KNOWN = 10_000  # right and wrong keys; somebody who guesses must not fill the memory

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lookups(Generic[K, V]):
    """Used on the event loop alone. Those who ask at the same time share one question."""

    def __init__(self, clock: Clock, ask: Callable[[K], Awaitable[V]]) -> None:
        self._clock = clock
        self._ask = ask
        self._known: dict[K, tuple[float, asyncio.Future[V]]] = {}

    async def get(self, key: K) -> V:
        """The answer, at most a second old. Raises what asking raises; that is forgotten at once."""
        return await asyncio.shield(self._asked(key))

    def known(self, key: K) -> V | None:
        """The answer, if it is known without waiting."""
        until, known = self._known.get(key, (0.0, None))
        if known is None or not known.done() or self._clock.monotonic() >= until or _has_failed(known):
            return None
        return known.result()

    def _asked(self, key: K) -> "asyncio.Future[V]":
        now = self._clock.monotonic()
        until, known = self._known.get(key, (0.0, None))
        if known is not None and now < until and not _has_failed(known):
            return known
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        asked = asyncio.ensure_future(self._ask(key))
        self._known[key] = (now + KNOWN_FOR_S, asked)
        return asked


def _has_failed(asked: "asyncio.Future[V]") -> bool:
    return asked.done() and (asked.cancelled() or asked.exception() is not None)
