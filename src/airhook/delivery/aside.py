"""Blocking calls beside the event loop, in threads that the end of the process does not wait for.

A pool of ``concurrent.futures`` is joined when the interpreter ends: a receiver that hangs would hold up a server that has
stopped.
"""

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Aside:
    """At most ``at_once`` calls are under way, also of callers who gave up; the others wait for their turn."""

    def __init__(self, at_once: int, name: str) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._name = name

    async def run(self, work: Callable[[], T]) -> T:
        """Raises what ``work`` raises."""
        await self._turns.acquire()
        loop = asyncio.get_running_loop()
        told: asyncio.Future[T] = loop.create_future()

        def over(tell: Callable[[], None]) -> None:
            self._turns.release()
            if not told.done():
                tell()

        def call() -> None:
            try:
                result = work()
            except Exception as fault:
                tell: Callable[[], None] = functools.partial(told.set_exception, fault)
            else:
                tell = functools.partial(told.set_result, result)
            with contextlib.suppress(RuntimeError):  # the loop may be gone by now
                loop.call_soon_threadsafe(over, tell)

        try:
            threading.Thread(target=call, name=self._name, daemon=True).start()
        except RuntimeError:
            self._turns.release()
            raise
        return await told
