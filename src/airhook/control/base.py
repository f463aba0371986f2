"""What the use cases have in common: the store, the configuration in memory, time, and the limits of an account."""

import asyncio
import copy
from collections.abc import Callable, Mapping
from typing import Self, TypeVar

import msgspec

from airhook.control.audit import audited
from airhook.control.turns import Turns
from airhook.core.audit import SYSTEM, Actor
from airhook.core.clock import Clock, IdMaker
from airhook.core.ports import Store, Tx, UrlJudge
from airhook.core.push_ports import LiveStreams, PushMeasure
from airhook.core.snapshot import ConfigHolder

T = TypeVar("T")


class AccountLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many things an account may have (contract 5.3)."""

    templates: int = 50
    domains: int = 100
    domain_lock_days: int = 0  # after its last push a domain stays for so long; CSS: 2


class NoStreams:
    """Of a process that takes no pushes in: a server, if one runs, hears of orders by itself."""

    async def obey(self) -> None:
        return

    def measures(self) -> Mapping[int, PushMeasure]:
        return {}


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
        self.actor = SYSTEM
        self.live: LiveStreams = NoStreams()
        self.exports = Turns("exports")
        self.record_lists = Turns("lists of callback records", of_account=8, altogether=64)

    def acting(self, actor: Actor) -> Self:
        """The same desk with somebody at it: what they change is written down under their name."""
        desk = copy.copy(self)
        desk.actor = actor
        return desk

    async def commit(self, work: Callable[[Tx], T]) -> T:
        """Commit a change of what no node keeps in memory: users and keys."""
        now_ms = self.clock.now_ms()
        return await self.store.transact(lambda tx: work(audited(tx, self.actor, self.ids, now_ms)))

    async def change(self, work: Callable[[Tx], T]) -> T:
        """Commit a change and let this node act on it before the caller hears of it."""
        result = await self.commit(work)
        await self.refresh()
        return result

    async def refresh(self) -> None:
        """Load what changed since the current snapshot."""
        rows = await asyncio.to_thread(self.store.load_config, self.config.current.version)
        self.config.apply(rows)
