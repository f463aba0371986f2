"""Operational events: told to operators in the log, and durably to their own URL.

Coalesced: each destination has at most one event of a kind a minute, with the count of what came together, and all
have at most ``MAX_A_MINUTE``; what must wait is told later, as it is then. Nothing is ever told about the operators'
own URL: it would tell itself.
"""

import asyncio
import contextlib
import logging

import msgspec

from airhook.control.notices import Notices
from airhook.core import operations
from airhook.core.clock import Clock, IdMaker
from airhook.core.deliveries import Delivery, DeliveryState, shard_of
from airhook.core.errors import AirhookError
from airhook.core.events import Event
from airhook.core.facts.notice import Notice
from airhook.core.ports import Store, Tx
from airhook.observe.times import iso_ms

TICK_S = 1.0
BACKLOG_EVERY_MS = 10_000
UNTOLD_MAX = 1000  # while the database takes nothing
MAX_AGE_MS = 3 * 86_400_000

log = logging.getLogger("airhook.operations")
_encoder = msgspec.json.Encoder(order="sorted")


class OperationsSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: str = ""  # empty: they are only logged
    backlog_ms: int = 300_000  # the backlog is old when its oldest delivery has been due for longer


class Operations:
    """``run`` it beside everything else; ``notices`` fulfils ``core.ports.Reports``."""

    def __init__(self, store: Store, clock: Clock, ids: IdMaker, settings: OperationsSettings) -> None:
        self.notices = Notices(clock)
        self._store = store
        self._clock = clock
        self._ids = ids
        self._settings = settings
        self._untold: list[Notice] = []
        self._look_at_ms = 0

    async def run(self) -> None:
        while True:
            await self.tick()
            await asyncio.sleep(TICK_S)

    async def tick(self) -> None:
        """Look at the backlog when it is time, and tell what is to be told."""
        now_ms = self._clock.now_ms()
        if not 0 <= self._look_at_ms - now_ms <= BACKLOG_EVERY_MS:
            self._look_at_ms = now_ms + BACKLOG_EVERY_MS
            with contextlib.suppress(AirhookError):  # a database that cannot be read is told of elsewhere
                oldest_ms = await self._store.read(lambda view: view.oldest_due())
                age_ms = 0 if oldest_ms is None else max(0, now_ms - oldest_ms)
                self.notices.backlog(age_ms, self._settings.backlog_ms)
        await self._tell(self.notices.take())

    async def finish(self) -> None:
        """At a stop: tell what waits for its minute, so that no count is lost."""
        await self._tell(self.notices.take(everything=True))

    async def _tell(self, fresh: list[Notice]) -> None:
        for notice in fresh:
            level = logging.INFO if notice.type.endswith("recovered") else logging.WARNING
            log.log(level, "%s", notice.type, extra=notice.data)
        if not self._settings.url:
            return
        self._untold = (self._untold + fresh)[-UNTOLD_MAX:]
        if not self._untold:
            return
        told = [self._delivery_of(notice) for notice in self._untold]

        def work(tx: Tx) -> None:
            for event, delivery in told:
                tx.accept(event, [delivery])

        try:
            await self._store.transact(work)
        except AirhookError as error:
            log.warning("operational events could not be stored; trying again: %s", error)
        else:
            self._untold.clear()

    def _delivery_of(self, notice: Notice) -> tuple[Event, Delivery]:
        now_ms = self._clock.now_ms()
        delivery_id = self._ids()
        event = Event(
            id=f"op_{delivery_id}",
            account_id=operations.ACCOUNT,
            event_type=operations.EVENT_TYPE,
            domain="",
            app="",
            stream="",
            session_id=None,
            occurred_ms=notice.at_ms,
            accepted_ms=now_ms,
            config_version=0,
            facts=notice,
        )
        delivery = Delivery(
            id=delivery_id,
            event_id=event.id,
            account_id=event.account_id,
            event_type=event.event_type,
            domain="",
            app="",
            stream="",
            template_id=operations.TEMPLATE,
            url=self._settings.url,
            body=render(event.id, notice),
            lane=None,
            shard=shard_of(event.account_id, "", "", ""),
            state=DeliveryState.PENDING,
            created_ms=now_ms,
            due_ms=now_ms,
            hold_until_ms=now_ms,
            expires_ms=now_ms + MAX_AGE_MS,
        )
        return event, delivery


def render(event_id: str, notice: Notice) -> bytes:
    """The body: ``{"at", "data", "id", "type"}``; ``id`` is ``webhook-id``, too."""
    body = {"id": event_id, "type": notice.type, "at": iso_ms(notice.at_ms), "data": notice.data}
    return _encoder.encode(body)
