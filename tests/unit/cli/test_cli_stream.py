"""``airhook stream`` on a real store; what the orders do to live pushes is tested with the sessions."""

import asyncio
import time

import pytest

from airhook.cli.desk import open_desk
from airhook.config import load
from support.storage import session

ROOM = ("push.example.com", "live", "room1")


@pytest.fixture
def on_air(ready):
    """A push domain, and a row of a push that is on."""
    ready.ok("domain", "add", ROOM[0])

    async def work():
        async with open_desk(load(None, {})) as desk:
            (account,) = await desk.store.transact(lambda tx: tx.accounts())
            row = session(account_id=account.id, width=1280, height=720, user_ip="203.0.113.7")
            await desk.store.transact(lambda tx: tx.insert_session(row))

    asyncio.run(work())
    return ready


def test_streams_that_are_on(on_air):
    [row] = on_air.json("stream", "list")
    assert (row["domain"], row["app"], row["stream"]) == ROOM
    assert (row["state"], row["width"], row["user_ip"]) == ("opening", 1280, "203.0.113.7")
    text = on_air.ok("stream", "list")
    assert "push.example.com/live/room1" in text
    assert "1280x720" in text
    assert on_air.json("stream", "list", "--app", "vod") == []
    assert on_air.json("stream", "list", "--domain", "PUSH.example.com") == [row]


def test_drop(on_air):
    assert on_air.json("stream", "drop", *ROOM) == {"dropped": True}
    assert on_air.json("stream", "drop", *ROOM[:2], "room2") == {"dropped": False}


def test_forbid_and_resume(ready):
    ready.ok("domain", "add", ROOM[0])
    before = time.time() * 1000
    ban = ready.json("stream", "forbid", *ROOM, "--hours", "2", "--reason", "rights")
    assert abs(ban["forbidden_until_ms"] - before - 7_200_000) < 60_000
    assert ready.json("stream", "list", "--forbidden") == [ban]
    assert "rights" in ready.ok("stream", "list", "--forbidden")
    later = round(time.time()) + 86_400
    assert ready.json("stream", "forbid", *ROOM, "--until", later)["forbidden_until_ms"] == later * 1000
    assert ready.json("stream", "resume", *ROOM) == {"resumed": True}
    assert ready.json("stream", "resume", *ROOM) == {"resumed": False}
    assert ready.json("stream", "list", "--forbidden") == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("drop", "x.example.com", "live", "room1"),
            "domain: 'x.example.com' is not one of your push domains",
        ),
        (("forbid", *ROOM, "--until", "tomorrow"), "--until, --hours: 'tomorrow' is no time"),
        (("forbid", *ROOM, "--until", "2020-01-01T00:00:00Z"), "must lie in the future"),
        (("forbid", *ROOM, "--hours", "2161"), "at most 90 days ahead"),
    ],
)
def test_mistakes_are_named(ready, arguments, message):
    ready.ok("domain", "add", ROOM[0])
    assert message in ready.error("stream", *arguments)


def test_a_ban_has_one_end(ready):
    assert ready.run("stream", "forbid", *ROOM, "--hours", "1", "--until", "1").exit_code == 2
