"""How a push begins over one connection: what is asked of the sessions, and what the publisher is answered."""

import asyncio

import pytest
import uvloop

from airhook.core import reasons
from airhook.core.errors import UnavailableError
from airhook.core.push_ports import Refusal
from airhook.core.sessions import NewPush
from support import rtmp_bytes as raw
from support.push_gate import FIRST
from support.rtmp_ingest import ingest


def test_the_sessions_hear_what_the_push_url_said() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            await client.publish("room1?txSecret=ab&txTime=6A&vhost=A.example", tc_url="rtmp://10.1.2.3/live")
            (push,) = await here.gate.wait("admit")
            assert push == NewPush(
                domain="a.example",
                app="live",
                stream="room1",
                stream_param="txSecret=ab&txTime=6A&vhost=A.example",
                user_ip="127.0.0.1",
            )

    uvloop.run(main())


def test_start_is_answered_only_after_the_commit() -> None:
    async def main() -> None:
        async with ingest() as here:
            here.gate.open.clear()
            client = await here.client()
            client.send(raw.connect(), raw.publish())
            await client.result(1)
            await here.gate.wait("admit")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.command(), 0.1)
            here.gate.open.set()
            await client.status("NetStream.Publish.Start")

    uvloop.run(main())


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        pytest.param(
            Refusal(reasons.TX_SECRET_WRONG),
            "NetStream.Publish.BadName",
            reasons.TX_SECRET_WRONG.text,
            id="refused",
        ),
        pytest.param(
            UnavailableError(), "NetStream.Publish.Failed", UnavailableError().message, id="no database"
        ),
        pytest.param(
            RuntimeError("bug"), "NetStream.Publish.Failed", reasons.SERVICE_ERROR.text, id="a fault of ours"
        ),
    ],
)
@pytest.mark.parametrize(
    "eager", [pytest.param(False, id="waiting"), pytest.param(True, id="sending already")]
)
def test_a_push_that_is_not_let_in_is_told_why_and_closed(
    answer: Refusal | Exception, code: str, text: str, eager: bool
) -> None:
    async def main() -> None:
        async with ingest() as here:
            here.gate.answer = answer
            client = await here.client()
            client.send(
                raw.connect(), raw.publish(), raw.message(raw.VIDEO, bytes(2000)) * 50 if eager else b""
            )
            status = await client.status(code)
            assert (status["level"], status["description"]) == ("error", text)
            # An end of file, not a reset: that would take the reason from clients that have not read it yet.
            assert await asyncio.wait_for(client.reader.read(), 5) == b""
        assert here.gate.names() == ["admit"]

    uvloop.run(main())


def test_another_push_over_the_same_connection() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher("room1")
            client.send(
                raw.goodbye("deleteStream"), raw.command("createStream", 7, raw.NULL), raw.publish("room2", 2)
            )
            assert (await client.result(7))[3] == 2
            await client.status("NetStream.Publish.Start")
            client.send(raw.message(raw.VIDEO, raw.AVC_HEADER), raw.goodbye("closeStream"))
            await here.gate.wait("end", 2)
        assert here.gate.names() == ["admit", "announce", "end", "admit", "announce", "end"]
        assert [(ticket.session_id, reason.errcode) for ticket, reason, _ in here.gate.all("end")] == [
            (1, 1),
            (2, 2),
        ]

    uvloop.run(main())


def test_another_push_is_judged_after_the_end_of_the_last_is_committed() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher("room1")
            here.gate.committing.clear()
            client.send(raw.goodbye("deleteStream"), raw.publish("room1"))
            await here.gate.wait("ending")
            other = await here.client()  # by then the second publish has been read
            assert here.gate.count("admit") == 1
            here.gate.committing.set()
            await client.status("NetStream.Publish.Start")
            await other.close()

    uvloop.run(main())


def test_each_push_over_a_connection_has_its_own_allowance_before_it() -> None:
    async def main() -> None:
        async with ingest(setup_bytes=5000) as here:
            client = await here.client()
            client.send(raw.connect())
            for name in ("room1", "room2"):
                client.send(
                    raw.command("_checkbw", 0, raw.NULL) * 100, raw.command("createStream", 9, raw.NULL)
                )
                await client.result(9)
                client.send(raw.publish(name))
                await client.status("NetStream.Publish.Start")
                client.send(raw.goodbye("deleteStream"))
                await client.status("NetStream.Unpublish.Success")

    uvloop.run(main())


def test_a_long_judgement_does_not_count_as_the_clients_delay() -> None:
    async def main() -> None:
        async with ingest(setup_s=0.1, idle_timeout_s=0.1) as here:
            client = await here.waiting()
            await asyncio.sleep(0.3)
            here.gate.open.set()
            await client.status("NetStream.Publish.Start")

    uvloop.run(main())


def test_a_second_publish_beside_the_first_is_refused_and_the_first_goes_on() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            client.send(raw.publish("room2", stream_id=2))
            await client.status("NetStream.Publish.BadName")
            client.send(raw.goodbye("deleteStream"))
            assert await here.gate.reason() == reasons.CLIENT_STOPPED
        assert here.gate.count("admit") == 1

    uvloop.run(main())


def test_everything_sent_at_once_is_taken_in_order() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.caller()
            client.send(raw.HANDSHAKE, raw.session(frames=400))
            _, reason, activity = await here.gate.wait("end")
            assert reason == reasons.CLIENT_STOPPED
            assert activity.bytes > 400 * 100
        assert here.gate.all("announce") == [(FIRST, 320, 240)]

    uvloop.run(main())


def test_a_client_that_leaves_while_it_is_judged_is_ended_once() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.waiting()
            await client.close()
            here.gate.open.set()
            assert await here.gate.reason() in (reasons.CONNECTION_CLOSED, reasons.READ_FAILED)
        assert here.gate.names() == ["admit", "announce", "end"]

    uvloop.run(main())
