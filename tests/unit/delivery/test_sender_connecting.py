"""Receivers that let nobody in, and receivers that hang up while a body is on its way to them."""

import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest

from airhook.core.deliveries import ErrorClass
from airhook.delivery.exchange import Answer, Post
from airhook.delivery.targets import parse
from support.sender_bench import SenderBench, sending
from support.talking import talking

MANY = 16  # connections: more than a queue of none holds
LARGE = b'{"a":"' + b"x" * 32 * 1024 * 1024 + b'"}'  # more than the buffers of both sides


@pytest.fixture(params=["own", "libcurl"])
def out(request: pytest.FixtureRequest) -> Iterator[SenderBench]:
    with sending(libcurl=request.param == "libcurl") as bench:
        yield bench


@contextlib.contextmanager
def full() -> Iterator[int]:
    """The port of a server whose queue of connections is full: the system leaves who knocks without an answer."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(MANY):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_who_does_not_answer_the_knock_is_a_connect_timeout(out: SenderBench, scheme: str) -> None:
    with full() as port:
        answer = out.post(f"{scheme}://127.0.0.1:{port}/", timeout_s=0.5)

    assert (answer.status, answer.error) == (None, ErrorClass.CONNECT_TIMEOUT)
    assert answer.timings.connect_ms is None
    assert answer.detail


def _reset_at_once(near: socket.socket) -> None:
    near.recv(1)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _refuse_unread(near: socket.socket) -> None:
    near.recv(1)
    near.sendall(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    near.shutdown(socket.SHUT_WR)
    while near.recv(65536):
        pass


def _post_large(out: SenderBench, port: int) -> Answer:
    post = Post(
        target=parse(f"http://127.0.0.1:{port}/"), body=LARGE, addresses=("127.0.0.1",), timeout_ms=20_000
    )
    out.sender.start(post, "it")
    out.wait("it")
    return out.answers["it"]


def test_a_reset_while_the_body_is_sent_is_a_broken_connection(out: SenderBench) -> None:
    with talking(_reset_at_once) as port:
        answer = _post_large(out, port)

    assert answer.status is None
    assert answer.error in (ErrorClass.SEND_FAILED, ErrorClass.CONNECTION_RESET)
    assert answer.detail


def test_an_answer_that_comes_before_the_body_is_sent_counts(out: SenderBench) -> None:
    with talking(_refuse_unread) as port:
        assert _post_large(out, port).status == 413
