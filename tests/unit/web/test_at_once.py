"""Requests that are answered at once, over a real server with real sockets: beside others, in order, whatever callers do."""

import asyncio

import pytest
import uvloop
from starlette.requests import Request

from airhook.web.at_once import WHOLE, send_whole
from airhook.web.faults import Faults
from airhook.web.server import HttpServer
from support.connections import connections

SOON_S = 30
HEADERS = [(b"x-by", b"taker")]


async def app(scope, receive, send):
    """The application: says so, and what it was sent."""
    body = await Request(scope, receive).body()
    await send_whole(scope, send, 200, [(b"x-by", b"app")], body)


class Taker:
    """Answers with what it was sent; ``hold`` it, and it answers when it is let go."""

    def __init__(self):
        self.held, self.hold, self.declines, self.bodies = [], False, False, []

    def take(self, headers, body, reply):
        self.bodies.append(body)
        if self.declines:
            return False
        if self.hold:
            self.held.append(lambda: reply(200, HEADERS, body))
        else:
            reply(200, HEADERS, body)
        return True


def serving(taker):
    return connections(HttpServer(Faults(app), at_once={"/quick": taker}), SOON_S)


def run(work):
    return uvloop.run(asyncio.wait_for(work, SOON_S))


def post(body, *headers, path="/quick", version="1.1"):
    lines = "".join(f"{line}\r\n" for line in headers)
    return (
        f"POST {path} HTTP/{version}\r\nHost: h\r\nContent-Length: {len(body)}\r\n{lines}\r\n{body}".encode()
    )


async def read(reader):
    """Who answered, with what; and the headers."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert head.startswith("http/1.1 200 ok\r\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
    body = await reader.readexactly(int(headers["content-length"]))
    return headers["x-by"], body.decode(), headers


def answers(sent, count, taker=None):
    """What comes back for ``sent``, and whether the connection stays."""

    async def work():
        async with serving(taker or Taker()) as connect:
            reader, writer = await connect(sent)
            got = [(await read(reader))[:2] for _ in range(count)]
            writer.write_eof()
            return got, await reader.read()

    got, rest = run(work())
    assert rest == b""
    return got


def test_a_small_post_is_answered_without_the_application():
    assert answers(post("one"), 1) == [("taker", "one")]


def test_many_requests_of_a_connection_are_answered_in_order_whoever_answers():
    sent = [post(str(n), path="/quick" if n % 3 else "/other") for n in range(30)]
    expected = [("taker" if n % 3 else "app", str(n)) for n in range(30)]
    assert answers(b"".join(sent), 30) == expected


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        pytest.param(post("one", path="/other"), "one", id="another-path"),
        pytest.param(b"GET /quick HTTP/1.1\r\nHost: h\r\n\r\n", "", id="another-method"),
        pytest.param(
            b"POST /quick HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n",
            "one",
            id="chunked",
        ),
        pytest.param(post("a" * 65_537), "a" * 65_537, id="large"),
    ],
)
def test_what_is_no_small_post_is_the_application_s(sent, body):
    taker = Taker()
    assert answers(sent, 1, taker) == [("app", body)]
    assert taker.bodies == []


def test_who_waits_to_be_asked_for_the_body_is_asked():
    async def work():
        async with serving(Taker()) as connect:
            reader, writer = await connect(post("one", "Expect: 100-continue")[:-3])
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            writer.write(b"one")
            return (await read(reader))[:2]

    assert run(work()) == ("app", "one")


def test_a_body_may_come_in_pieces():
    async def work():
        taker = Taker()
        async with serving(taker) as connect:
            whole = post("b" * 65_536)
            reader, writer = await connect(whole[:60])
            for start in range(60, len(whole), 30_000):
                writer.write(whole[start : start + 30_000])
                await writer.drain()
                await asyncio.sleep(0)
            by, body, _ = await read(reader)
        return by, body, taker.bodies

    by, body, bodies = run(work())
    assert (by, body) == ("taker", "b" * 65_536)
    assert bodies == [b"b" * 65_536]


def test_what_is_declined_goes_whole_to_the_application():
    taker = Taker()
    taker.declines = True
    assert answers(post("one") + post("two"), 2, taker) == [("app", "one"), ("app", "two")]


def test_a_fault_is_told_in_the_log_and_the_application_answers(caplog):
    class Broken:
        def take(self, headers, body, reply):
            raise RuntimeError("broken")

    assert answers(post("one"), 1, Broken()) == [("app", "one")]
    assert [record.message for record in caplog.records] == ["POST /quick failed"]


@pytest.mark.parametrize("path", ["/quick", "/other"])
@pytest.mark.parametrize(
    ("headers", "version"), [(["Connection: close"], "1.1"), ([], "1.0")], ids=["asked", "old"]
)
def test_a_connection_for_one_request_is_closed_after_its_answer(path, headers, version):
    async def work():
        async with serving(Taker()) as connect:
            reader, _ = await connect(post("one", *headers, path=path, version=version))
            _, body, told = await read(reader)
            return body, told["connection"], await reader.read()

    assert run(work()) == ("one", "close", b"")


def test_a_kept_connection_says_what_time_it_is_and_stays():
    async def work():
        async with serving(Taker()) as connect:
            reader, writer = await connect()
            for n in range(3):
                writer.write(post(str(n)))
                _, body, headers = await read(reader)
                assert (body, "connection" in headers, headers["date"].endswith("gmt")) == (
                    str(n),
                    False,
                    True,
                )

    run(work())


def test_answers_may_come_late_and_a_pipelined_request_waits_for_its_turn():
    async def work():
        taker = Taker()
        taker.hold = True
        async with serving(taker) as connect:
            reader, writer = await connect(post("one") + post("two", path="/other"))
            while not taker.held:
                await asyncio.sleep(0.001)
            writer.write(post("three"))
            taker.held.pop()()
            first = [(await read(reader))[:2] for _ in range(2)]
            while not taker.held:
                await asyncio.sleep(0.001)
            taker.held.pop()()
            return [*first, (await read(reader))[:2]]

    assert run(work()) == [("taker", "one"), ("app", "two"), ("taker", "three")]


def test_an_answer_to_somebody_who_left_goes_nowhere(caplog):
    async def work():
        taker = Taker()
        taker.hold = True
        async with serving(taker) as connect:
            _, writer = await connect(post("one"))
            while not taker.held:
                await asyncio.sleep(0.001)
            writer.transport.abort()
            other, _ = await connect(post("two", path="/other"))
            assert (await read(other))[:2] == ("app", "two")
            taker.held.pop()()
            taker.hold = False
            again, _ = await connect(post("three"))
            return (await read(again))[:2]

    assert run(work()) == ("taker", "three")
    assert not caplog.records


def test_a_great_many_requests_may_come_at_once(caplog):
    """Behind one that takes its time; no more of them than Python can call within each other."""
    many = 1000

    async def work():
        taker = Taker()
        taker.hold = True
        async with serving(taker) as connect:
            reader, _ = await connect(b"".join(post(str(n)) for n in range(many)))
            while not taker.held:
                await asyncio.sleep(0.001)
            taker.hold = False
            taker.held.pop()()
            return [(await read(reader))[:2] for _ in range(many)]

    assert run(work()) == [("taker", str(n)) for n in range(many)]
    assert not caplog.records


def test_a_server_without_the_extension_is_answered_in_two_parts():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(send_whole({"type": "http"}, send, 200, HEADERS, b"one"))
    assert sent == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [*HEADERS, (b"content-length", b"3")],
        },
        {"type": "http.response.body", "body": b"one"},
    ]
    assert WHOLE.startswith("airhook.")
