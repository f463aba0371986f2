"""What sockets of our own have to do beyond reading answers: connections that end, hang, are kept, or talk out of turn."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from airhook.core.deliveries import ErrorClass
from airhook.delivery import direct, links
from airhook.delivery.exchange import ENDED_AT_ONCE
from support.receiver import Receiver
from support.sender_bench import SenderBench, sending
from support.talking import read_request, talking

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
OTHER = "127.0.0.2"


def wait_for_the_end(near: socket.socket) -> None:
    while near.recv(65536):
        pass


def test_an_answer_that_came_before_its_request_is_not_taken_for_the_next_one(out: SenderBench) -> None:
    """Otherwise a receiver that sends two for the first would have the second callback delivered unseen."""
    requests: list[bytes] = []
    first_is_through, second_is_sent = threading.Event(), threading.Event()

    def one_too_many(near: socket.socket) -> None:
        requests.append(read_request(near))
        near.sendall(OK)
        first_is_through.wait(10)
        near.sendall(OK)
        second_is_sent.set()
        near.recv(65536)

    with talking(one_too_many) as port:
        assert out.post(f"http://127.0.0.1:{port}/").status == 200
        first_is_through.set()
        assert second_is_sent.wait(10)
        out.sender.poll(1)
        assert out.post(f"http://127.0.0.1:{port}/").status == 200
    assert len(requests) == 2


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore",
    ],
)
def test_a_connection_whose_end_is_said_or_in_doubt_is_not_used_again(out: SenderBench, head: bytes) -> None:
    connections = []

    def talk(near: socket.socket) -> None:
        connections.append(near)
        while read_request(near):
            near.sendall(head)

    with talking(talk) as port:
        for _ in range(3):
            assert out.post(f"http://127.0.0.1:{port}/").status == 200
    assert len(connections) == 3


def test_a_receiver_that_answers_before_it_has_read_all_is_heard(out: SenderBench) -> None:
    connections = []

    def refuse(near: socket.socket) -> None:
        connections.append(near)
        near.recv(10)
        near.sendall(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
        over.wait(30)

    over = threading.Event()
    with talking(refuse) as port:
        for n in range(2):  # the rest of the first one must not go out before the second one
            out.start(f"http://127.0.0.1:{port}/", n, body=b"x" * 20_000_000, timeout_s=20)
            [answer] = out.wait(n)
            assert answer.status == 413
        over.set()
    assert len(connections) == 2


def test_a_large_body_goes_out_whole_to_one_who_reads_slowly(out: SenderBench) -> None:
    body = os.urandom(20_000_000)  # more than the buffers between them hold
    got: list[bytes] = []
    full = threading.Event()

    def slow(near: socket.socket) -> None:
        full.wait(10)
        got.append(read_request(near))
        near.sendall(OK)

    with talking(slow) as port:
        out.start(f"http://127.0.0.1:{port}/", "it", body=body, timeout_s=30)
        for _ in range(5):
            out.sender.poll(0.05)
        full.set()
        [answer] = out.wait("it")
    assert (answer.status, got) == (200, [body])


@contextlib.contextmanager
def unanswered(host: str, port: int) -> Iterator[None]:
    """A port whose connections never come about: it takes none more."""
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(3):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((host, port))
        yield


def test_an_address_that_does_not_answer_leaves_time_for_the_next(
    out: SenderBench, receiver: Receiver
) -> None:
    with unanswered(OTHER, receiver.port):
        answer = out.post(receiver.url(host="a.example"), (OTHER, "127.0.0.1"), timeout_s=2)
    assert (answer.status, answer.remote_addr) == (200, "127.0.0.1")
    assert answer.timings.connect_ms is not None
    assert 900 < answer.timings.connect_ms < 2000


def test_no_connection_in_time_is_told_as_that(out: SenderBench, receiver: Receiver) -> None:
    with unanswered(OTHER, receiver.port):
        answer = out.post(receiver.url(host=OTHER), (OTHER,), timeout_s=0.5)
    assert answer.error is ErrorClass.CONNECT_TIMEOUT
    assert answer.detail == f"{OTHER} port {receiver.port} was not reached within 0.5 s"
    assert answer.timings.connect_ms is None


def test_kept_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "KEPT", 2)
    with contextlib.ExitStack() as running:
        receivers = [running.enter_context(Receiver()) for _ in range(4)]
        out = running.enter_context(sending())
        for receiver in (*receivers, receivers[3], receivers[0]):
            assert out.post(receiver.url()).status == 200
        assert [receiver.connections for receiver in receivers] == [2, 1, 1, 1]


def test_a_connection_that_nobody_used_for_long_is_not_trusted(
    out: SenderBench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.post(receiver.url())
    monkeypatch.setattr(links, "KEEP_S", -1.0)
    out.sender.poll(0)
    out.post(receiver.url())
    assert receiver.connections == 2


def test_a_new_address_of_a_name_is_connected_to(out: SenderBench, receiver: Receiver) -> None:
    """The old one is not judged any more."""
    url = receiver.url(host="a.example")
    assert out.post(url).status == 200
    with Receiver(host=OTHER, port=receiver.port) as other:
        assert out.post(url, (OTHER,)).remote_addr == OTHER
        assert (receiver.connections, other.connections) == (1, 1)


def test_hundreds_that_time_out_together_do_not_end_in_one_turn(out: SenderBench) -> None:
    count = 5 * ENDED_AT_ONCE
    with talking(wait_for_the_end) as port:
        for n in range(count):
            out.start(f"http://127.0.0.1:{port}/", n, timeout_s=0.3)
        time.sleep(0.3)  # their time is over, and nobody has looked yet
        most = 0
        while len(out.answers) < count:
            before = len(out.answers)
            out.sender.poll(1)
            most = max(most, len(out.answers) - before)
    assert most <= ENDED_AT_ONCE
    # Not all of so many may be connected to in that time.
    assert {one.error for one in out.answers.values()} <= {ErrorClass.TIMEOUT, ErrorClass.CONNECT_TIMEOUT}
    assert out.sender.open == 0


def test_ipv6_is_spoken(out: SenderBench) -> None:
    with Receiver(host="::1") as receiver:
        answer = out.post(f"http://[::1]:{receiver.port}/x", ("::1",))
    assert (answer.status, answer.remote_addr) == (200, "::1")
    assert receiver.requests[0].headers["host"] == f"[::1]:{receiver.port}"


def test_no_answer_in_time_ends_with_how_long_it_was_waited_for(out: SenderBench, receiver: Receiver) -> None:
    receiver.answer(never=True)
    answer = out.post(receiver.url(), timeout_s=0.3)
    assert (answer.error, answer.detail) == (ErrorClass.TIMEOUT, "No answer came within 0.3 s")


def test_what_is_open_at_the_end_is_dropped_and_its_connections_with_it() -> None:
    ended = threading.Semaphore(0)

    def tell_the_end(near: socket.socket) -> None:
        wait_for_the_end(near)
        ended.release()

    with talking(tell_the_end) as port:
        with sending() as out:
            for n in range(20):
                out.start(f"http://127.0.0.1:{port}/", n)
            out.sender.poll(0.1)
            assert out.sender.open == 20
        assert all(ended.acquire(timeout=10) for _ in range(20))
    assert out.answers == {}


def test_bodies_are_read_no_longer_than_their_time(
    out: SenderBench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "READ_BODY_S", 0.2)
    receiver.answer(202, b"x" * 1000, byte_every_s=0.05)
    began = time.monotonic()
    answer = out.post(receiver.url(), timeout_s=20)
    assert (answer.status, time.monotonic() - began < 10) == (202, True)
    assert 0 < len(answer.body) < 1000
