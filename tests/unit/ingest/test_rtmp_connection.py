"""One connection: what a publisher is answered, how its push is reported, and why it ended."""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from airhook.core import reasons
from airhook.core.clock import SystemClock
from airhook.core.errors import UnavailableError
from airhook.core.push_ports import PushTicket, Refusal
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush
from airhook.ingest.admission import Service
from airhook.ingest.chunks import Message
from airhook.ingest.connection import Connection
from airhook.ingest.limits import IngestLimits
from airhook.ingest.publication import Publication
from airhook.ingest.registry import Registry
from support import rtmp_bytes as raw
from support.fake_transport import FakeTransport
from support.push_gate import RecordingGate
from support.rtmp_client import RtmpClient
from support.rtmp_ingest import Ingest, ingest

FIRST = PushTicket(1, 1)
FLOOD_BYTES = 64 * 1024 * 1024

Farewell = Callable[[RtmpClient], Awaitable[None]]


def say(*commands: bytes) -> Farewell:
    async def farewell(client: RtmpClient) -> None:
        client.send(*commands)

    return farewell


def goodbye(name: str) -> bytes:
    return raw.command(name, 6, raw.NULL, raw.text("room1"))


async def half_close(client: RtmpClient) -> None:
    client.writer.write_eof()


# --- why a push ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("farewell", "reason"),
    [
        pytest.param(
            say(goodbye("FCUnpublish"), goodbye("deleteStream")), reasons.CLIENT_STOPPED, id="ffmpeg and OBS"
        ),
        pytest.param(say(goodbye("deleteStream")), reasons.CLIENT_STOPPED, id="deleteStream alone"),
        pytest.param(say(goodbye("closeStream")), reasons.CLIENT_CLOSED_STREAM, id="closeStream"),
        pytest.param(
            say(goodbye("closeStream"), goodbye("deleteStream")),
            reasons.CLIENT_CLOSED_STREAM,
            id="Flash's close",
        ),
        pytest.param(RtmpClient.close, reasons.CONNECTION_CLOSED, id="closed without a word"),
        pytest.param(half_close, reasons.CONNECTION_CLOSED, id="half closed"),
        pytest.param(RtmpClient.reset, reasons.READ_FAILED, id="reset"),
        pytest.param(say(raw.header(3, 60)), reasons.CONTENT_ERROR, id="broken chunks"),
        pytest.param(say(raw.control(raw.SET_CHUNK_SIZE, 0)), reasons.CONTENT_ERROR, id="chunk size 0"),
        pytest.param(say(raw.connect()), reasons.CONTENT_ERROR, id="connect a second time"),
        pytest.param(
            say(raw.header(0, 4, 0, 4 * 1024 * 1024 + 1, raw.VIDEO, 1)),
            reasons.FRAME_TOO_LARGE,
            id="giant message",
        ),
        pytest.param(say(raw.message(raw.DATA, b"\2\xff")), reasons.AMF_ERROR, id="metadata that is no AMF"),
        pytest.param(say(raw.message(raw.COMMAND, b"\5")), reasons.AMF_ERROR, id="a command without a name"),
    ],
)
def test_a_push_ends_with_the_reason_that_is_true(farewell: Farewell, reason: Reason) -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            client.send(raw.message(raw.VIDEO, raw.AVC_HEADER))
            await here.gate.wait("announce")
            await farewell(client)
            assert await here.gate.reason() == reason
        assert here.gate.names() == ["admit", "announce", "end"]

    uvloop.run(main())


def test_the_same_on_the_standard_event_loop() -> None:
    async def main() -> None:
        async with ingest() as here:
            for count, farewell in enumerate(
                [say(goodbye("deleteStream")), RtmpClient.close, RtmpClient.reset], 1
            ):
                client = await here.publisher()
                await farewell(client)
                await here.gate.wait("end", count)
        assert [reason.errcode for _, reason, _ in here.gate.all("end")] == [1, 3, 4]

    asyncio.run(main())


@pytest.mark.parametrize(
    "keep_talking",
    [
        pytest.param(False, id="a peer that vanished"),
        pytest.param(True, id="a peer that only sends control messages"),
    ],
)
def test_silence_ends_a_push(keep_talking: bool) -> None:
    async def main() -> None:
        async with ingest(idle_timeout_s=0.4) as here:
            client = await here.publisher()
            client.send(raw.message(raw.AUDIO, raw.AAC_FRAME, csid=5))
            started = asyncio.get_running_loop().time()
            while keep_talking and not here.gate.count("end"):
                client.send(raw.message(raw.USER_CONTROL, b"\0\6\0\0\0\0", csid=2, stream_id=0))
                await asyncio.sleep(0.02)
            assert await here.gate.reason() == reasons.NO_DATA
            assert 0.3 < asyncio.get_running_loop().time() - started < 3
            status = await client.status("NetStream.Publish.Failed")
            assert status["description"] == reasons.NO_DATA.text

    uvloop.run(main())


def test_data_keeps_a_push_alive() -> None:
    async def main() -> None:
        async with ingest(idle_timeout_s=0.3) as here:
            client = await here.publisher()
            for frame in (raw.message(raw.AUDIO, raw.AAC_FRAME), raw.message(raw.VIDEO, raw.AVC_FRAME)) * 3:
                client.send(frame)
                await asyncio.sleep(0.15)
            client.send(goodbye("deleteStream"))
            assert await here.gate.reason() == reasons.CLIENT_STOPPED

    uvloop.run(main())


@pytest.mark.parametrize(
    ("unread", "reason"),
    [
        pytest.param(
            raw.message(raw.VIDEO, bytes(9000)) + goodbye("deleteStream"),
            reasons.CLIENT_STOPPED,
            id="goodbye",
        ),
        pytest.param(raw.message(raw.VIDEO, bytes(9000)), reasons.READ_FAILED, id="only media"),
        pytest.param(
            raw.message(raw.VIDEO, bytes(90_000))[:80_000], reasons.READ_FAILED, id="half a message"
        ),
        pytest.param(raw.header(3, 60), reasons.CONTENT_ERROR, id="broken chunks"),
        pytest.param(b"", reasons.READ_FAILED, id="nothing"),
    ],
)
def test_what_lies_unread_when_a_write_fails_is_still_heard(unread: bytes, reason: Reason) -> None:
    """Encoders close without reading our acknowledgements, so that writing one may fail before the goodbye is read."""

    async def main() -> None:
        gate = RecordingGate()
        limits = IngestLimits()
        service = Service(gate, SystemClock(), limits, Registry(limits), logging.getLogger("test"))
        ours, theirs = socket.socketpair()
        with ours, theirs:
            connection = Connection(service)
            transport = FakeTransport(connection, ours)
            connection.data_received(raw.HANDSHAKE + raw.connect() + raw.publish())
            await gate.wait("admit")
            while not transport.reading:
                await asyncio.sleep(0)
            theirs.sendall(unread)
            theirs.close()
            transport.lose(BrokenPipeError())
            ticket, ended, activity = await gate.wait("end")
            assert (ticket, ended) == (FIRST, reason)
            assert activity.bytes >= len(unread)
            await asyncio.gather(*service.registry.tasks)

    asyncio.run(main())


def test_a_failure_on_a_connection_that_is_reset_already_stays_inside() -> None:
    async def main() -> None:
        gate = RecordingGate()
        limits = IngestLimits()
        service = Service(gate, SystemClock(), limits, Registry(limits), logging.getLogger("test"))
        ours, theirs = socket.socketpair()
        with ours, theirs:
            connection = Connection(service)
            transport = FakeTransport(connection, ours)
            transport.reset = True
            connection.data_received(b"GET / HTTP/1.1")
            while not transport.lost:
                await asyncio.sleep(0)
        assert service.registry.clients == set()

    asyncio.run(main())


# --- how a push begins ------------------------------------------------------------------------------------------


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
                goodbye("deleteStream"), raw.command("createStream", 7, raw.NULL), raw.publish("room2", 2)
            )
            assert (await client.result(7))[3] == 2
            await client.status("NetStream.Publish.Start")
            client.send(raw.message(raw.VIDEO, raw.AVC_HEADER), goodbye("closeStream"))
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
            client.send(goodbye("deleteStream"), raw.publish("room1"))
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
                client.send(goodbye("deleteStream"))
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
            client.send(goodbye("deleteStream"))
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


# --- commands ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        pytest.param("releaseStream", ["_result", 9.0, None], id="releaseStream"),
        pytest.param("FCPublish", ["_result", 9.0, None], id="FCPublish"),
        pytest.param("_checkbw", ["_result", 9.0, None], id="_checkbw"),
        pytest.param("getStreamLength", ["_result", 9.0, None, 0.0], id="getStreamLength"),
        pytest.param("createStream", ["_result", 9.0, None, 1.0], id="createStream"),
    ],
)
def test_calls_of_encoders_are_answered(command: str, answer: list[object]) -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect(), raw.command(command, 9, raw.NULL, raw.text("room1")))
            assert await client.result(9) == answer

    uvloop.run(main())


def test_fc_publish_is_confirmed_by_its_own_message() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect(), raw.command("FCPublish", 9, raw.NULL, raw.text("room1")))
            while (answer := await client.command())[0] != "onFCPublish":
                pass
            assert answer[3]["code"] == "NetStream.Publish.Start"

    uvloop.run(main())


def test_connect_is_answered_with_windows_and_chunk_size_first() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect())
            name, _, server, information = await client.result(1)
            assert (name, information["code"]) == ("_result", "NetConnection.Connect.Success")
            assert server["fmsVer"].startswith("FMS/")
            assert [message.type for message in client.heard] == [5, 6, 20], (
                "the reader obeys Set Chunk Size itself"
            )

    uvloop.run(main())


def test_unknown_calls_get_an_error_and_do_not_end_the_push() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            client.send(raw.command("sing", 0, raw.NULL), raw.command("dance", 11, raw.NULL))
            answer = await client.command()
            assert answer[:2] == ["_error", 11.0], (
                "and nothing for a call with number 0, which asks for no answer"
            )
            client.send(goodbye("deleteStream"))
            assert await here.gate.reason() == reasons.CLIENT_STOPPED

    uvloop.run(main())


def test_commands_in_their_amf3_form() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            payload = b"\0" + raw.text("createStream") + raw.number(4) + raw.NULL
            client.send(raw.connect(), raw.message(17, payload, csid=3, stream_id=0))
            assert (await client.result(4))[3] == 1.0

    uvloop.run(main())


def test_play_is_refused() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect(), raw.command("play", 5, raw.NULL, raw.text("room1")))
            status = await client.status("NetStream.Play.Failed")
            assert "plays nothing" in status["description"]
            await client.closed()

    uvloop.run(main())


def test_pings_are_answered_with_their_timestamp() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.client()
            client.send(raw.connect(), raw.message(raw.USER_CONTROL, b"\0\6\1\2\3\4", csid=2, stream_id=0))
            assert (await client.message(raw.USER_CONTROL)).payload == b"\0\7\1\2\3\4"

    uvloop.run(main())


def test_what_was_received_is_acknowledged_within_the_publishers_window() -> None:
    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            client.send(raw.control(raw.WINDOW_SIZE, 10_000))
            sent = 0
            for _ in range(
                3
            ):  # a publisher that stops until its window is acknowledged must not wait for ever
                client.send(raw.message(raw.VIDEO, bytes(9_900)))
                sent += 9_900
                acknowledgement = await client.message(raw.ACKNOWLEDGEMENT)
                assert struct.unpack(">I", acknowledgement.payload)[0] >= sent - 10_000
            client.heard.clear()
            for _ in range(20):  # far less than a window
                client.send(raw.message(raw.USER_CONTROL, b"\0\6\1\2\3\4", csid=2, stream_id=0))
                await client.message(raw.USER_CONTROL)
            assert [message.type for message in client.heard].count(raw.ACKNOWLEDGEMENT) <= 1

    uvloop.run(main())


# --- limits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        pytest.param(b"", {"handshake_s": 0.2}, id="silence"),
        pytest.param(b"\3" + bytes(1536), {"handshake_s": 0.2}, id="half a handshake"),
        pytest.param(raw.HANDSHAKE, {"setup_s": 0.2}, id="nothing after the handshake"),
        pytest.param(raw.HANDSHAKE + raw.connect(), {"setup_s": 0.2}, id="connect and no publish"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", {}, id="HTTP"),
        pytest.param(raw.HANDSHAKE + raw.publish(), {}, id="publish before connect"),
        pytest.param(raw.HANDSHAKE + raw.connect() * 200, {"setup_bytes": 5000}, id="connect for ever"),
        pytest.param(
            raw.HANDSHAKE + raw.connect() + raw.message(raw.VIDEO, bytes(3000)) * 200, {"setup_bytes": 100_000},
            id="media without a publish",
        ),
        pytest.param(
            raw.HANDSHAKE + raw.connect() + raw.header(0, 4, 0, 4_000_000, raw.VIDEO) + bytes(128),
            {"setup_s": 0.2}, id="a message that never ends",
        ),
        pytest.param(raw.HANDSHAKE + raw.connect() + raw.publish("x" * 600), {}, id="a giant stream name"),
    ],
)  # fmt: skip
def test_those_who_never_publish_are_dropped_and_never_reported(
    data: bytes, limits: dict[str, float]
) -> None:
    async def main() -> None:
        async with ingest(**limits) as here:
            client = await here.caller()
            client.send(data)
            await client.closed()
        assert here.gate.calls == []

    uvloop.run(main())


def test_a_client_that_drips_its_bytes_is_dropped_all_the_same() -> None:
    async def main() -> None:
        async with ingest(handshake_s=0.2) as here:
            client = await here.caller()
            for byte in raw.HANDSHAKE[:1000]:
                if client.reader.at_eof():
                    break
                client.send(bytes([byte]))
                await asyncio.sleep(0.01)
            assert client.reader.at_eof()

    uvloop.run(main())


def test_a_push_that_ended_must_publish_again_in_time() -> None:
    async def main() -> None:
        async with ingest(setup_s=0.2) as here:
            client = await here.publisher()
            client.send(goodbye("deleteStream"))
            await client.closed()
        assert here.gate.names() == ["admit", "announce", "end"]

    uvloop.run(main())


def test_while_a_push_is_judged_its_data_waits_outside_and_others_are_served() -> None:
    async def main() -> None:
        async with ingest() as here:
            here.gate.open.clear()
            flooder = await here.client()
            flooder.send(raw.connect(), raw.publish("flood"))
            await here.gate.wait("admit")
            flooder.send(raw.message(raw.VIDEO, bytes(60_000)) * (FLOOD_BYTES // 60_000))
            other = await here.client()
            other.send(raw.connect(), raw.command("createStream", 4, raw.NULL))
            await other.result(4)
            assert held(here) < 1024 * 1024
            assert flooder.writer.transport.get_write_buffer_size() > FLOOD_BYTES // 2
            here.gate.open.set()
            await flooder.status("NetStream.Publish.Start")
            await asyncio.wait_for(flooder.writer.drain(), 20)

    uvloop.run(main())


def test_a_client_that_reads_no_answers_is_not_read_from_either() -> None:
    async def main() -> None:
        async with ingest(idle_timeout_s=0.5, linger_s=0.1) as here:
            client = await here.publisher()
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            (connection,) = here.server._registry.clients
            assert isinstance(connection, Connection)
            shrink_buffer(connection._transport, socket.SO_SNDBUF)
            shrink_buffer(client.writer.transport, socket.SO_RCVBUF)
            client.send(raw.message(raw.USER_CONTROL, b"\0\6\1\2\3\4", csid=2, stream_id=0) * 400_000)
            most_unread_answers = 0
            while not here.gate.count("end"):
                most_unread_answers = max(most_unread_answers, connection._transport.get_write_buffer_size())
                await asyncio.sleep(0.01)
            assert await here.gate.reason() == reasons.NO_DATA
            assert 65_536 < most_unread_answers < 100_000
            assert held(here) < 1024 * 1024
            client.writer.transport.abort()

    uvloop.run(main())


def test_many_small_messages_leave_others_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    carried = 0

    def count(_publication: Publication, _message: Message, _chunk_bytes: int) -> None:
        nonlocal carried
        carried += 1

    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            monkeypatch.setattr(Publication, "carry", count)
            client.send(
                raw.message(raw.AUDIO, b"", csid=5), raw.header(3, 5) * 99_999, goodbye("deleteStream")
            )
            most = 0
            while not here.gate.count("end"):
                before = carried
                await asyncio.sleep(0)
                most = max(most, carried - before)
            assert carried == 100_000
            assert most <= 400

    uvloop.run(main())


def held(here: Ingest) -> int:
    """Bytes of its clients that the server holds in memory."""
    clients = [client for client in here.server._registry.clients if isinstance(client, Connection)]
    return sum(client._reader.buffered for client in clients)


def shrink_buffer(transport: asyncio.BaseTransport, which: int) -> None:
    """The kernel holds a few kilobytes then, not megabytes."""
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as connected:
        connected.setsockopt(socket.SOL_SOCKET, which, 4096)
