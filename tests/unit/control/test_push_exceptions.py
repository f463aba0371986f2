"""Push exceptions while the database takes nothing: each is told once, in its turn, and none holds up the others."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from airhook.control import push_exceptions
from airhook.control.push_exceptions import PushExceptions
from airhook.core.accounts import Account
from airhook.core.clock import IdMaker, SystemClock
from airhook.core.errors import UnavailableError
from airhook.core.events import Event
from airhook.core.facts.push import Abnormality, PushException
from airhook.core.push_ports import PushTicket
from airhook.core.sessions import Session, SessionState
from airhook.core.snapshot import ConfigHolder, Snapshot

WITHIN_S = 30
SESSION = Session(
    id=5, account_id=7, domain="push.example.com", app="live", stream="room1001", stream_param="a=1",
    user_ip="203.0.113.25", node="192.0.2.1", source="rtmp", state=SessionState.LIVE, owner="node", epoch=1,
    started_ms=0, last_data_ms=0, bytes=0, width=0, height=0,
)  # fmt: skip


class Database:
    """Commits whole or not at all; ``errors`` are what the next commits come to."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.accepted: list[Event] = []
        self.tries = 0
        self._draft: list[Event] = []

    async def transact(self, work: Callable[[Any], None]) -> None:
        self.tries += 1
        self._draft = []
        work(self)
        if self.errors:
            raise self.errors.pop(0)
        self.accepted += self._draft

    def session(self, session_id: int) -> Session | None:
        return SESSION if session_id == SESSION.id else None

    def accept(self, event: Event, _deliveries: object) -> None:
        self._draft.append(event)


def kinds_told(database: Database) -> list[int]:
    facts = [event.facts for event in database.accepted]
    return [fact.abnormal_event[0].type for fact in facts if isinstance(fact, PushException)]


def run(database: Database, *kinds: int, tries: int, session_id: int = 5) -> None:
    """Hear these, one after the other, until so many commits were tried."""
    snapshot = Snapshot(accounts={7: Account(id=7, appid=1300000001, name="main", created_ms=0)})
    store: Any = database
    clock = SystemClock()
    exceptions = PushExceptions(store, ConfigHolder(snapshot), lambda *_: [], clock, IdMaker(clock))

    async def main() -> None:
        running = asyncio.create_task(exceptions.run())
        for kind in kinds:
            exceptions.hear(PushTicket(session_id, 1), [Abnormality(type=kind, count=1)])
        async with asyncio.timeout(WITHIN_S):
            while database.tries < tries:
                await asyncio.sleep(0.001)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())


def test_one_whose_commit_failed_is_told_when_the_database_is_back_before_those_that_came_later(monkeypatch):
    monkeypatch.setattr(push_exceptions, "RETRY_S", 0.001)
    database = Database()
    database.errors = [UnavailableError("The disk is full."), UnavailableError("The disk is full.")]
    run(database, 6, 7, 1, tries=5)
    assert kinds_told(database) == [6, 7, 1]
    assert len({event.id for event in database.accepted}) == 3
    assert {(event.stream, event.session_id) for event in database.accepted} == {("room1001", 5)}


def test_one_that_can_never_be_accepted_is_said_in_the_log_and_holds_nobody_up(monkeypatch, caplog):
    monkeypatch.setattr(push_exceptions, "RETRY_S", 60.0)
    database = Database()
    database.errors = [ValueError("a poisonous report")]
    with caplog.at_level(logging.ERROR):
        run(database, 6, 7, tries=2)
    assert kinds_told(database) == [7]
    assert "a poisonous report" in caplog.text


def test_the_oldest_are_lost_when_too_many_wait(monkeypatch):
    monkeypatch.setattr(push_exceptions, "RETRY_S", 0.001)
    monkeypatch.setattr(push_exceptions, "WAITING_MAX", 2)
    database = Database()
    database.errors = [UnavailableError("The disk is full.")]
    run(database, 6, 7, 1, tries=3)
    assert kinds_told(database) == [7, 1]


def test_a_push_that_is_forgotten_has_no_exceptions():
    database = Database()
    run(database, 6, tries=1, session_id=99)
    assert not database.accepted
