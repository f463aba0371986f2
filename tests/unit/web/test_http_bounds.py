"""Bounds of HTTP connections and deadlines of requests, over a real server with real sockets."""

import asyncio
import contextlib
import ipaddress
import time

import pytest
import uvloop
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse

from airhook.web.bounds import Door, HttpLimits
from airhook.web.faults import Faults
from airhook.web.server import HttpServer
from support.connections import connections

SOON_S = 10
HEAD = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


async def echo(scope, receive, send):
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


async def hang(scope, receive, send):
    await asyncio.sleep(3600)


async def hang_half_way(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.sleep(3600)


def serving(limits=None, app=echo):
    """Gives what opens a connection to the server."""
    return connections(HttpServer(Faults(app), limits), SOON_S)


def run(work):
    return uvloop.run(asyncio.wait_for(work, SOON_S))


async def is_closed(reader):
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(), SOON_S) == b""
    return True


async def answers(reader):
    return (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SOON_S)).startswith(b"HTTP/1.1 200")


def nobody_exempt(**limits):
    return HttpLimits(exempt=(), **limits)


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        pytest.param(HttpLimits(connections=3), "http.max_connections", id="in-total"),
        pytest.param(
            nobody_exempt(connections_per_address=3), "http.max_connections_per_address", id="of-one-address"
        ),
    ],
)
def test_too_many_connections_are_closed_and_told_once(limits, setting, caplog):
    async def work():
        async with serving(limits) as connect:
            first = [await connect(GET) for _ in range(3)]
            assert all([await answers(reader) for reader, _ in first])
            for _ in range(20):
                assert await is_closed((await connect(GET))[0])
            first[0][1].close()
            await first[0][1].wait_closed()
            deadline = time.monotonic() + SOON_S
            while True:  # the server hears of the closed one in its own time
                reader, _ = await connect(GET)
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    assert await answers(reader)
                    break
                assert time.monotonic() < deadline

    run(work())
    told = [record.message for record in caplog.records]
    assert len(told) == 1
    assert told[0].endswith(f"{setting} are open")


@pytest.mark.parametrize(
    ("address", "network"),
    [("127.0.0.1", None), ("::1", None), ("::ffff:127.0.0.1", None), ("10.0.0.7", "10.0.0.0/8")],
)
def test_this_machine_and_proxies_stand_for_many(address, network):
    exempt = (ipaddress.ip_network(network),) if network else HttpLimits().exempt
    door = Door(HttpLimits(connections_per_address=1, exempt=exempt))
    assert [door.enter(address) for _ in range(3)] == [True] * 3
    assert [door.enter("192.0.2.1") for _ in range(2)] == [True, False]
    door.leave("192.0.2.1")
    assert door.enter("192.0.2.1")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="silent"),
        pytest.param(b"GET / HT", id="half-a-line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\n", id="half-a-head"),
        pytest.param(GET + b"GET / H", id="half-a-head-after-a-request"),
        pytest.param(HEAD + b"12345", id="half-a-body"),
        pytest.param(HEAD, id="no-body"),
    ],
)
def test_an_unfinished_request_is_given_up(sent):
    async def work():
        limits = HttpLimits(head_within_s=0.3, body_within_s=0.3)
        async with serving(limits) as connect:
            reader, _ = await connect(sent)
            if sent.startswith(GET):
                assert await answers(reader)
            assert await is_closed(reader)

    run(work())


def test_dripping_headers_gain_no_time():
    async def work():
        async with serving(HttpLimits(head_within_s=0.5)) as connect:
            reader, writer = await connect(b"GET / HTTP/1.1\r\n")
            began = time.monotonic()
            while not reader.at_eof() and time.monotonic() - began < SOON_S / 2:
                writer.write(b"x: y\r\n")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(1), 0.05)
            assert time.monotonic() - began < SOON_S / 2

    with contextlib.suppress(ConnectionError):
        run(work())


def test_a_long_body_that_goes_on_gets_more_time():
    async def work():
        limits = HttpLimits(body_within_s=0.2, body_rate=1)
        async with serving(limits) as connect:
            reader, writer = await connect(HEAD + b"1234")
            await asyncio.sleep(0.5)
            writer.write(b"567890")
            assert await answers(reader)

    run(work())


def test_a_slow_application_is_not_the_callers_fault():
    async def slow(scope, receive, send):
        await asyncio.sleep(0.6)
        await echo(scope, receive, send)

    async def work():
        async with serving(HttpLimits(head_within_s=0.2, body_within_s=0.2), slow) as connect:
            reader, _ = await connect(GET)
            assert await answers(reader)

    run(work())


@pytest.mark.parametrize("app", [echo, hang, hang_half_way], ids=lambda app: app.__name__)
def test_a_stop_with_open_requests_is_short_and_quiet(app, caplog):
    async def work():
        async with serving(app=app) as connect:
            sent = HEAD if app is echo else GET
            for _ in range(5):
                await connect(sent)
            await connect(b"GET / HT")
            await asyncio.sleep(0.2)
            began = time.monotonic()
        return time.monotonic() - began

    took_s = run(work())
    assert took_s < (2.8 if app is echo else 8)
    assert not [record for record in caplog.records if record.exc_info]


CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nX-Endless: ", id="value"),
        pytest.param(b"GET / HTTP/1.1\r\n", id="name"),
        pytest.param(b"GET /", id="url"),
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\nX-Endless: ", id="trailer"),
    ],
)
def test_a_head_without_end_is_refused_early(begun, caplog):
    async def work():
        async with serving() as connect:
            reader, writer = await connect(begun)
            if not begun.startswith(CHUNKED):
                # Told on the first piece too many, to a caller who listens.
                writer.write(b"a" * (HttpLimits().head_bytes + 1))
                assert b" 431 " in await asyncio.wait_for(reader.readline(), SOON_S)
            sent = 0
            with contextlib.suppress(ConnectionError):
                while sent < 64 * HttpLimits().head_bytes:
                    writer.write(b"a" * 65536)
                    sent += 65536
                    await asyncio.wait_for(writer.drain(), SOON_S)
            return sent

    # What lies in the buffers of both ends comes on top.
    assert run(work()) < 64 * HttpLimits().head_bytes
    assert any("head is larger than" in record.message for record in caplog.records)


def test_a_long_head_and_many_requests_on_a_connection_are_no_such_head():
    long_head = b"GET / HTTP/1.1\r\nHost: h\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n"

    async def work():
        async with serving() as connect:
            reader, writer = await connect()
            for _ in range(4):
                writer.write(long_head)
                assert await answers(reader)

    run(work())


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"NONSENSE\r\n\r\n", id="no-http"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", id="upgrade"),
    ],
)
def test_strangers_do_not_fill_the_log(sent, caplog):
    async def work():
        async with serving() as connect:
            for _ in range(50):
                reader, _ = await connect(sent)
                assert (await asyncio.wait_for(reader.readline(), SOON_S)).startswith(b"HTTP/1.1 ")

    run(work())
    assert len(caplog.records) <= 2
    assert not [record for record in caplog.records if "pip install" in record.message]


async def much(scope, receive, send):
    async def pieces():
        for _ in range(2000):
            yield b"a" * 65536

    await StreamingResponse(pieces())(scope, receive, send)


def test_a_reader_who_takes_nothing_is_given_up(caplog):
    async def work():
        async with serving(HttpLimits(taken_within_s=0.3), much) as connect:
            reader, writer = await connect(GET)
            assert await answers(reader)
            writer.transport.pause_reading()
            began = time.monotonic()
            while not caplog.records:
                await asyncio.sleep(0.01)
                assert time.monotonic() - began < SOON_S
            writer.transport.resume_reading()
            with contextlib.suppress(ConnectionError):
                assert len(await reader.read()) < 2000 * 65536

    run(work())
    assert "took less than" in caplog.records[0].message


def test_a_reader_who_takes_little_but_goes_on_gets_all(caplog):
    async def work():
        limits = HttpLimits(taken_within_s=1, taken_bytes=1)
        async with serving(limits, much) as connect:
            reader, _ = await connect(GET)
            got, began = 0, time.monotonic()
            while got < 2000 * 65536:
                piece = await reader.read(1 << 18)
                assert piece, "the answer was cut"
                got += len(piece)
                if time.monotonic() - began < 2.5:
                    await asyncio.sleep(0.02)

    run(work())
    assert not caplog.records


def test_who_leaves_in_the_middle_of_pipelined_requests_is_not_answered(caplog):
    begun, gone = asyncio.Event(), asyncio.Event()

    async def answer_late(scope, receive, send):
        begun.set()
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        await PlainTextResponse("late")(scope, receive, send)
        gone.set()

    async def scene():
        async with serving(app=answer_late) as connect:
            _, writer = await connect(GET + GET)
            await begun.wait()
            writer.transport.abort()
            await gone.wait()

    run(scene())
    assert not caplog.records
