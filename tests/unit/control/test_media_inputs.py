"""Where the media of a push come from, by what reported it."""

import asyncio
from typing import Any

import pytest

from airhook.control.media_inputs import MediaInputs
from airhook.core.push_ports import PushTicket
from airhook.core.sessions import OWN_INGEST, Session, SessionState
from airhook.core.snapshot import ConfigHolder, ConfigRows
from airhook.core.sources import Source, SourceKind
from airhook.media.protocol import PullInput


class Jobs:
    def __init__(self) -> None:
        self.told: list[Any] = []

    def opened(self, session: Session, source: Any = None) -> None:
        self.told.append((session.id, source))

    def closed(self, ticket: PushTicket) -> None:
        self.told.append(ticket)


class Judge:
    """Refuses the host ``inside.example``, and answers when it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def __call__(self, url: str) -> str | None:
        await self.may_answer.wait()
        return "leads inside" if "inside.example" in url else None

    async def resolves(self, url: str) -> bool:
        return bool(url)


def session(source: str) -> Session:
    return Session(
        id=5, account_id=1, domain="push.example.com", app="live", stream="room1", stream_param="", user_ip="",
        node="n", source=source, state=SessionState.OPENING, owner="n", epoch=2, started_ms=1, last_data_ms=1,
        bytes=0, width=0, height=0,
    )  # fmt: skip


def opened(source: str, pull_url: str, *, closes: bool = False) -> list[Any]:
    """What the jobs hear when a push of ``source`` opens; ``closes``: and ends before its address was judged."""

    async def main() -> list[Any]:
        config, jobs, judge = ConfigHolder(), Jobs(), Judge()
        known = Source(
            id="edge", account_id=1, kind=SourceKind.SRS, name="edge-1", token="t", pull_url=pull_url
        )
        config.apply(ConfigRows(version=1, sources=[known]))
        inputs = MediaInputs(config, judge, jobs)
        inputs.opened(session(source))
        if closes:
            await asyncio.sleep(0)
            inputs.closed(PushTicket(5, 2))
        judge.may_answer.set()
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks)
        return jobs.told

    return asyncio.run(main())


def test_own_pushes_come_from_the_own_ingest():
    assert opened(OWN_INGEST, "rtmp://m.example/{stream}") == [(5, None)]


def test_pushes_of_a_media_server_are_pulled_from_it():
    [(told, source)] = opened("edge", "rtmp://m.example/{app}/{stream}")
    assert told == 5
    assert isinstance(source, PullInput)
    assert (source.url, source.session_id, source.epoch) == ("rtmp://m.example/live/room1", 5, 2)
    assert source.patience_s > 0


@pytest.mark.parametrize("source", ["edge", "unknown"])
def test_without_an_address_nothing_is_pulled(source):
    assert opened(source, "") == []


def test_an_address_that_leads_elsewhere_by_now_is_not_pulled(caplog):
    assert opened("edge", "rtmp://inside.example/{stream}") == []
    assert "media of source edge-1 cannot be pulled: leads inside" in caplog.text


def test_a_push_that_is_over_before_its_address_was_judged():
    assert opened("edge", "rtmp://m.example/{stream}", closes=True) == [PushTicket(5, 2)]
