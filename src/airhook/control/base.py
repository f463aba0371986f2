"""What the use cases have in common: the store, the configuration in memory, time, and the limits of an account."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from airhook.core.clock import Clock, IdMaker
from airhook.core.ports import Store, Tx, UrlJudge
from airhook.core.snapshot import ConfigHolder

T = TypeVar("T")


class AccountLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many things an account may have (contract 5.3)."""

    templates: int = 50
    domains: int = 100


class Desk:
    """Where configuration is changed: one transaction, then the new snapshot counts on this node."""

    def __init__(
        self,
        store: Store,
        config: ConfigHolder,
        clock: Clock,
        ids: IdMaker,
        judge: UrlJudge,
        limits: AccountLimits | None = None,
    ) -> None:
        self.store = store
        self.config = config
        self.clock = clock
        self.ids = ids
        self.judge = judge
        self.limits = limits or AccountLimits()

    async def change(self, work: Callable[[Tx], T]) -> T:
        """Commit a change and let this node act on it before the caller hears of it."""
        result = await self.store.transact(work)
        await self.refresh()
        return result

    async def refresh(self) -> None:
        """Load what changed since the current snapshot."""
        rows = await asyncio.to_thread(self.store.load_config, self.config.current.version)
        self.config.apply(rows)
