"""The whole way of an event in this process: a real store in a folder, planner and engine, as ``airhook serve`` wires them.

::

    async with Rig(folder, urls) as rig:
        await rig.accept(number=1, place=0)
        await rig.settled(1)
"""

import asyncio
import functools
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from airhook.core import garbage
from airhook.core.clock import IdMaker, SystemClock
from airhook.core.deliveries import DeliveryState, Outcome
from airhook.core.errors import AirhookError
from airhook.core.ports import DeliveryStore, Settled, Tx
from airhook.core.snapshot import ConfigHolder
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.engine import DeliveryEngine, EngineSettings
from airhook.delivery.plan import Planner
from airhook.delivery.resolver import Lookup, system_lookup
from airhook.dialects import css
from airhook.storage.sqlite import Retention, migrate, open_store
from airhook.tools.bench import facts

CONFIGURED_AT_ONCE = 500


class Rig:
    """An asynchronous context manager. ``deliver=False`` only accepts.

    ``on_delivered`` hears on the writer's thread of each commit: the deliveries that are through.
    """

    def __init__(
        self,
        folder: Path,
        urls: Sequence[str],
        *,
        deliver: bool = True,
        settings: EngineSettings | None = None,
        lookup: Lookup = system_lookup,
        on_delivered: Callable[[Sequence[Outcome]], None] | None = None,
    ) -> None:
        self.delivered = 0
        self._folder = folder
        self._urls = urls
        self._deliver = deliver
        self._settings = settings
        self._lookup = lookup
        self._on_delivered = on_delivered
        self._clock = SystemClock()
        self._config = ConfigHolder()
        self._planner = Planner(IdMaker(self._clock), css.render)

    async def __aenter__(self) -> Self:
        migrate(self._folder)
        self.store = open_store(
            self._folder, self._clock, secret_key=secrets.token_bytes(32), upkeep=Retention()
        )
        self._loop = asyncio.get_running_loop()
        self._progress = asyncio.Event()
        self._engine: DeliveryEngine | None = None
        await self.configure(self._urls)
        if self._deliver:
            watched = cast("DeliveryStore", Watched(self.store, self._watch))
            policy = TargetPolicy(["127.0.0.0/8"])
            self._engine = DeliveryEngine(
                watched, self._config, self._clock, policy, self._settings, self._lookup
            )
            self.store.on_accepted(self._engine.offer)
            self._engine.start()
        garbage.settle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._engine:
            await asyncio.to_thread(self._engine.stop, grace_s=0.2)
        await asyncio.to_thread(self.store.close)

    async def configure(self, urls: Sequence[str], first: int = 0) -> None:
        """Write domains, templates and rules, and take the snapshot into use."""
        for at in range(0, len(urls), CONFIGURED_AT_ONCE):
            part = urls[at : at + CONFIGURED_AT_ONCE]
            await self.store.transact(functools.partial(facts.configure, urls=part, first=first + at))
        self.load_config()

    def load_config(self) -> None:
        self._config.apply(self.store.load_config(self._config.current.version))

    async def accept(self, number: int, place: int) -> None:
        """Accept one event, as ``control.transitions`` does; returns after its commit."""

        def work(tx: Tx) -> None:
            snapshot = self._config.current
            event = facts.event(number, place, self._clock.now_ms(), snapshot.version)
            tx.accept(event, self._planner(event, snapshot))

        await self.store.transact(work)

    async def settled(self, count: int, within_s: float = 60.0) -> None:
        """Wait until ``count`` deliveries are through. Raises ``AirhookError`` when the time is over."""
        deadline = time.monotonic() + within_s
        while self.delivered < count:
            self._progress.clear()
            left = deadline - time.monotonic()
            try:
                await asyncio.wait_for(self._progress.wait(), max(left, 0))
            except TimeoutError:
                raise AirhookError(
                    f"only {self.delivered} of {count} deliveries were through after {within_s:.0f} s"
                ) from None

    def _watch(self, outcomes: Sequence[Outcome]) -> None:
        """Called on the writer's thread."""
        through = [one for one in outcomes if one.state is DeliveryState.DELIVERED]
        self.delivered += len(through)
        if self._on_delivered and through:
            self._on_delivered(through)
        self._loop.call_soon_threadsafe(self._progress.set)


class Watched:
    """A ``DeliveryStore`` that also tells ``told`` of every outcome it has committed."""

    def __init__(self, store: DeliveryStore, told: Callable[[Sequence[Outcome]], None]) -> None:
        self._store = store
        self._told = told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def settle(self, outcomes: Sequence[Outcome], done: Callable[[Settled | Exception], None]) -> None:
        self._store.settle(outcomes, functools.partial(self._done, done))

    def _done(self, done: Callable[[Settled | Exception], None], result: Settled | Exception) -> None:
        done(result)
        if isinstance(result, Settled):
            self._told(result.applied)
