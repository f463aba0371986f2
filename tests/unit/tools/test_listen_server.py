"""The receiver over real sockets: what it notes of a callback, and how it answers."""

import asyncio
import hashlib
import json
import time

import pytest

from airhook.core.errors import AirhookError
from airhook.tools.listen import Answers, Callback, Listener
from airhook.tools.listen.server import MAX_BODY, judge

KEY = "Kx7Pq2Lm9TzR4vBnW8"
SOON_S = 30


def signed(t=None, key=KEY, **fields):
    t = int(time.time()) + 600 if t is None else t
    return json.dumps({**fields, "t": t, "sign": hashlib.md5(f"{key}{t}".encode()).hexdigest()}).encode()


def post(body, path="/cb?x=1", more=""):
    return (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nX-Tag: One\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


async def exchange(listener, request, answers=1, timeout_s=SOON_S):
    """Send bytes; give the status lines and bodies of so many answers."""
    reader, writer = await asyncio.open_connection(listener.host, listener.port)
    try:
        writer.write(request)
        return [await asyncio.wait_for(read_answer(reader), timeout_s) for _ in range(answers)]
    finally:
        writer.close()
        await writer.wait_closed()


async def read_answer(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length")]
    body = await reader.readexactly(int(lengths[0]) if lengths else 0)
    return int(head.split(" ")[1]), body


def test_a_callback_is_noted_judged_and_answered():
    async def run():
        seen: list[Callback] = []
        async with Listener("127.0.0.1", 0, key=KEY, on_callback=seen.append) as listener:
            answer = await exchange(listener, post(signed(event_type=1)))
            await asyncio.wait_for(listener.wait_for(1), SOON_S)
        return seen, answer

    (callback,), [(status, body)] = asyncio.run(run())
    assert (status, json.loads(body)) == (200, {"code": 0})
    assert callback.path == "/cb?x=1"
    assert callback.headers["x-tag"] == "One"
    assert callback.body["event_type"] == 1
    assert abs(callback.at - time.time()) < SOON_S
    assert callback.signature == "ok"
    assert list(callback.record()) == ["at", "path", "headers", "body", "signature"]


VERDICTS = {
    # what came: signature, reason
    "genuine": (KEY, signed(), "ok", "ok"),
    "signed with another key": (KEY, signed(key="other"), "bad", "bad_signature"),
    "its time is over": (KEY, signed(t=1), "bad", "expired"),
    "not signed": (KEY, b"{}", "none", "missing"),
    "no JSON": (KEY, b"hello", "none", "malformed"),
    "JSON, but no object": (KEY, b"[1]", "none", "malformed"),
    "no key to judge by": (None, signed(), "none", "no_key"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_signatures_are_judged(name):
    key, body, signature, reason = VERDICTS[name]
    callback = judge(key, "/", {}, body)
    assert (callback.signature, callback.reason) == (signature, reason)


def test_a_body_that_is_no_json_is_kept_as_text():
    assert judge(None, "/", {}, b"a=\xff").body == "a=�"


BEHAVIOURS = {
    # the statuses that the first, second and third callback get
    "usual": (Answers(), [200, 200, 200]),
    "a status": (Answers(status=503), [503, 503, 503]),
    "the first fail": (Answers(fail_first=2), [500, 500, 200]),
    "the first fail with a status": (Answers(status=404, fail_first=1), [404, 200, 200]),
    "no content": (Answers(status=204), [204, 204, 204]),
    "late": (Answers(delay_s=0.05), [200, 200, 200]),
}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_it_behaves_as_asked(name):
    answers, statuses = BEHAVIOURS[name]

    async def run():
        async with Listener("127.0.0.1", 0, answers=answers) as listener:
            # One connection: it is kept alive, whatever the status.
            return await exchange(listener, post(b"{}") * 3, answers=3)

    assert [status for status, _ in asyncio.run(run())] == statuses


def test_a_late_answer_is_late():
    async def run():
        async with Listener("127.0.0.1", 0, answers=Answers(delay_s=0.3)) as listener:
            began = time.monotonic()
            await exchange(listener, post(b"{}"))
            return time.monotonic() - began

    assert asyncio.run(run()) >= 0.3


def test_a_hanging_one_notes_the_callback_and_never_answers():
    async def run():
        async with Listener("127.0.0.1", 0, answers=Answers(hang=True)) as listener:
            with pytest.raises(TimeoutError):
                await exchange(listener, post(b"{}"), timeout_s=0.3)
            await asyncio.wait_for(listener.wait_for(1), SOON_S)
            return listener.counts.total()

    assert asyncio.run(run()) == 1


STRANGE = {
    # request: the status
    "no HTTP": (b"\x16\x03\x01 hello\r\n\r\n", 400),
    "a GET is no callback": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "too large": (post(b"x" * (MAX_BODY + 1)), 413),
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_requests_are_answered_and_do_not_count(name):
    request, status = STRANGE[name]

    async def run():
        async with Listener("127.0.0.1", 0) as listener:
            (answer,) = await exchange(listener, request)
            (after,) = await exchange(listener, post(b"{}"))
            return answer[0], after[0], listener.counts.total()

    assert asyncio.run(run()) == (status, 200, 1)


def test_an_offer_to_upgrade_is_not_taken_up():
    async def run():
        async with Listener("127.0.0.1", 0) as listener:
            return await exchange(
                listener, post(b"{}", more="Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n")
            )

    assert asyncio.run(run())[0][0] == 200


def test_chunked_bodies_and_closing_clients_are_understood():
    async def run():
        async with Listener("127.0.0.1", 0) as listener:
            chunked = b'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n'
            await exchange(listener, chunked)
            reader, writer = await asyncio.open_connection(listener.host, listener.port)
            writer.write(post(b"{}", more="Connection: close\r\n"))
            answer = await asyncio.wait_for(reader.read(), SOON_S)  # to the end of the connection
            writer.close()
            return listener.callbacks[0].body, answer

    body, answer = asyncio.run(run())
    assert body == {"a": 1}
    assert answer.startswith(b"HTTP/1.1 200")


def test_many_connections_at_once_are_all_served():
    count = 300

    async def run():
        async with Listener("127.0.0.1", 0, key=KEY) as listener:
            await asyncio.gather(*(exchange(listener, post(signed(n=n))) for n in range(count)))
            return listener.counts, {callback.body["n"] for callback in listener.callbacks}

    counts, numbers = asyncio.run(run())
    assert counts == {"ok": count}
    assert numbers == set(range(count))


def test_a_port_in_use_is_named_with_a_way_out():
    async def run():
        async with Listener("127.0.0.1", 0) as first:
            with pytest.raises(AirhookError) as refused:
                await Listener("127.0.0.1", first.port).__aenter__()
            return first.port, refused.value.message

    port, message = asyncio.run(run())
    assert message == (
        f"cannot listen on 127.0.0.1 port {port}: address already in use; "
        f"choose another with --listen 127.0.0.1:{port + 1}"
    )
