"""What one connection may cost: time, memory and turns; others are served meanwhile."""

import asyncio
import os
import socket

import pytest
import uvloop

from airhook.core import reasons
from airhook.ingest.chunks import Message
from airhook.ingest.connection import Connection
from airhook.ingest.publication import Publication
from support import rtmp_bytes as raw
from support.rtmp_ingest import Ingest, ingest

FLOOD_BYTES = 64 * 1024 * 1024


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
            client.send(raw.goodbye("deleteStream"))
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
        async with ingest(idle_timeout_s=2, linger_s=0.1) as here:
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
                raw.message(raw.AUDIO, b"", csid=5), raw.header(3, 5) * 99_999, raw.goodbye("deleteStream")
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
