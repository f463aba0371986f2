"""From what the ingest sees going wrong with a push to event 321 (contract 2.8)."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from airhook.core.clock import Clock, IdMaker
from airhook.core.errors import UnavailableError
from airhook.core.events import Event, EventType
from airhook.core.facts.push import Abnormality, PushException
from airhook.core.ports import EventPlanner, Store, Tx
from airhook.core.push_ports import PushTicket
from airhook.core.sessions import Session
from airhook.core.snapshot import ConfigHolder

WAITING_MAX = 1000  # reports, while the database takes nothing; the oldest are lost then
RETRY_S = 1.0
REPORT_INTERVAL_MS = 5000

log = logging.getLogger("airhook.sessions")


class _Report(NamedTuple):
    ticket: PushTicket
    kinds: list[Abnormality]
    at_ms: int
    event_id: str


class PushExceptions:
    """``hear`` belongs to the ingest; ``run`` it beside everything else."""

    def __init__(
        self, store: Store, config: ConfigHolder, planner: EventPlanner, clock: Clock, ids: IdMaker
    ) -> None:
        self._store = store
        self._config = config
        self._planner = planner
        self._clock = clock
        self._ids = ids
        self._waiting: deque[_Report] = deque(maxlen=WAITING_MAX)
        self._news = asyncio.Event()

    def hear(self, ticket: PushTicket, kinds: Sequence[Abnormality]) -> None:
        report = _Report(ticket, list(kinds), self._clock.now_ms(), f"exception_{self._ids()}")
        self._waiting.append(report)
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                await self._accept(self._waiting.popleft())

    async def _accept(self, report: _Report) -> None:
        snapshot = self._config.acting

        def work(tx: Tx) -> None:
            session = tx.session(report.ticket.session_id)
            account = snapshot.accounts.get(session.account_id) if session else None
            if session is not None and account is not None:
                event = self._event(report, session, account.appid, snapshot.version)
                tx.accept(event, self._planner(event, snapshot))

        try:
            await self._store.transact(work)
        except UnavailableError as error:
            log.warning("a push exception waits: %s", error)
            if len(self._waiting) < WAITING_MAX:
                self._waiting.appendleft(report)
            await asyncio.sleep(RETRY_S)
        except Exception:  # one that can never be accepted must not keep the others waiting
            log.exception("a push exception is lost")

    def _event(self, report: _Report, session: Session, appid: int, version: int) -> Event:
        return Event(
            id=report.event_id,
            account_id=session.account_id,
            event_type=int(EventType.PUSH_EXCEPTION),
            domain=session.domain,
            app=session.app,
            stream=session.stream,
            session_id=session.id,
            occurred_ms=report.at_ms,
            accepted_ms=self._clock.now_ms(),
            config_version=version,
            facts=PushException(
                appid=appid,
                sequence=str(session.id),
                stream_param=session.stream_param,
                user_ip=session.user_ip,
                report_interval=REPORT_INTERVAL_MS,
                abnormal_event=report.kinds,
            ),
        )
