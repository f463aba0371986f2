"""Why a push ends: each end is reported with the reason that is true, once."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from airhook.core import reasons
from airhook.core.clock import SystemClock
from airhook.core.reasons import Reason
from airhook.ingest.admission import Service
from airhook.ingest.connection import Connection
from airhook.ingest.limits import IngestLimits
from airhook.ingest.registry import Registry
from support import rtmp_bytes as raw
from support.fake_transport import FakeTransport
from support.push_gate import FIRST, RecordingGate
from support.rtmp_client import RtmpClient
from support.rtmp_ingest import ingest

Farewell = Callable[[RtmpClient], Awaitable[None]]


def say(*commands: bytes) -> Farewell:
    async def farewell(client: RtmpClient) -> None:
        client.send(*commands)

    return farewell


async def half_close(client: RtmpClient) -> None:
    client.writer.write_eof()


@pytest.mark.parametrize(
    ("farewell", "reason"),
    [
        pytest.param(
            say(raw.goodbye("FCUnpublish"), raw.goodbye("deleteStream")),
            reasons.CLIENT_STOPPED,
            id="ffmpeg and OBS",
        ),
        pytest.param(say(raw.goodbye("deleteStream")), reasons.CLIENT_STOPPED, id="deleteStream alone"),
        pytest.param(say(raw.goodbye("closeStream")), reasons.CLIENT_CLOSED_STREAM, id="closeStream"),
        pytest.param(
            say(raw.goodbye("closeStream"), raw.goodbye("deleteStream")),
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
                [say(raw.goodbye("deleteStream")), RtmpClient.close, RtmpClient.reset], 1
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
            assert 0.3 < asyncio.get_running_loop().time() - started < 15
            status = await client.status("NetStream.Publish.Failed")
            assert status["description"] == reasons.NO_DATA.text

    uvloop.run(main())


def test_data_keeps_a_push_alive() -> None:
    async def main() -> None:
        async with ingest(idle_timeout_s=1) as here:
            client = await here.publisher()
            for frame in (raw.message(raw.AUDIO, raw.AAC_FRAME), raw.message(raw.VIDEO, raw.AVC_FRAME)) * 3:
                client.send(frame)
                await asyncio.sleep(0.25)
            client.send(raw.goodbye("deleteStream"))
            assert await here.gate.reason() == reasons.CLIENT_STOPPED

    uvloop.run(main())


@pytest.mark.parametrize(
    ("unread", "reason"),
    [
        pytest.param(
            raw.message(raw.VIDEO, bytes(9000)) + raw.goodbye("deleteStream"),
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
