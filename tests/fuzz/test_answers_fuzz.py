"""Answers put together of pieces of HTTP: whatever a receiver says, the attempt ends, and its failure has a name."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airhook.core.deliveries import ErrorClass
from support.receiver import Receiver
from support.sender_bench import SenderBench, sending

PIECES = [
    b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 404 X\r\n", b"HTTP/2 200\r\n", b"HTTP/9.9 200 OK\r\n",
    b"HTTP/1.1 1234 N\r\n", b"HTTP/1.1 204 N\r\n", b"HTTP/1.1 304 N\r\n", b"HTTP/1.1 401 N\r\n", b"http/1.1 200 ok\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 H\r\nA: b\r\n\r\n", b"HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"200", b" ", b"\r\n", b"\n", b"\r", b"\0", b"\xff\xfe", b"\r\n\r\n",
    b"Content-Length: ", b"5", b"-1", b"0", b"99999999999999999999", b"Content-Encoding: br\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"0\r\n\r\n", b"1\r\na\r\n", b"zz\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Keep-Alive: timeout=0\r\n", b"Trailer: x\r\n",
    b"Content-Range: bytes 0-0/1\r\n", b"Location: http://127.0.0.1/\r\n", b"WWW-Authenticate: NTLM\r\n",
    b"Retry-After: x\r\n", b"Set-Cookie: a=b\r\n", b"X:", b": x\r\n", b" folded\r\n",
]  # fmt: skip
NOT_THEIRS = {ErrorClass.INTERNAL, ErrorClass.URL_INVALID, ErrorClass.ADDRESS_REFUSED}

answers = st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def out() -> Iterator[SenderBench]:
    with sending() as made:
        yield made


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(answer=st.one_of(answers, answers.map(b"HTTP/1.1 200 OK\r\n".__add__)))
@example(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\rContent-Range: bytes 0-0/1\r\nConnection: close\r\n"
)
@example(b"HTTP/1.1 200 OK\r\nContent-")
@example(b"HTTP/1.1 2" + b"0" * 5000 + b"\r\n\r\n")
def test_every_answer_has_a_status_or_a_reason_that_is_the_receiver_s(
    receiver: Receiver, out: SenderBench, answer: bytes
) -> None:
    receiver.answer(raw=answer)

    got = out.post(receiver.url(), timeout_s=2)

    if got.status is None:
        assert got.error not in NOT_THEIRS
        assert got.detail
    else:
        assert 101 <= got.status <= 999
        assert got.error is None
    receiver.requests.clear()
