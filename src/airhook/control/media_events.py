"""Accepting what media workers report: each fact is one event, however often it is told (design D2, D11)."""

import hashlib
import logging

from airhook.core.clock import Clock
from airhook.core.errors import UnavailableError
from airhook.core.events import Event, EventType, Facts
from airhook.core.ports import EventPlanner, Store
from airhook.core.snapshot import ConfigHolder
from airhook.media.protocol import Task

log = logging.getLogger("airhook.media")


class MediaEvents:
    """The door for events of media workers."""

    def __init__(self, store: Store, config: ConfigHolder, planner: EventPlanner, clock: Clock) -> None:
        self._store = store
        self._config = config
        self._planner = planner
        self._clock = clock

    async def accept(
        self,
        task: Task,
        event_type: EventType,
        fact_id: str,
        occurred_ms: int,
        facts: Facts,
        *,
        send: bool = True,
    ) -> None:
        """Return after the commit. ``fact_id`` is the same for every telling of the same fact.

        Without ``send`` the event is kept, and nobody is called.

        Raises ``UnavailableError`` when the database cannot commit.
        """
        subject = task.subject
        snapshot = self._config.acting
        if subject.account_id not in snapshot.accounts:
            raise UnavailableError("This node does not know the account yet.")
        event = Event(
            id=f"media-{event_type.value}-{fact_id}",
            account_id=subject.account_id,
            event_type=event_type.value,
            domain=subject.domain,
            app=subject.app,
            stream=subject.stream,
            session_id=task.session_id,
            occurred_ms=occurred_ms,
            accepted_ms=self._clock.now_ms(),
            config_version=snapshot.version,
            facts=facts,
        )
        deliveries = self._planner(event, snapshot) if send else []
        # The id alone stands for the fact: a repeat may carry another link to the same file.
        digest = hashlib.blake2b(event.id.encode(), digest_size=16).digest()
        receipt = await self._store.transact(lambda tx: tx.accept_once(event, deliveries, digest))
        if receipt.repeat:
            log.info("a media report was accepted before", extra={"event": event.id})
