"""Receivers that want to be heard where they said nothing, or to be taken for others."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from airhook.core.deliveries import ErrorClass
from airhook.delivery import links
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.exchange import Answer
from airhook.delivery.sender import Sender
from support.receiver import Receiver
from support.sender_bench import LOCAL, SenderBench, plain_post, sending
from support.talking import read_request, reset, talking

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NO = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("kernel", ["new", "old"])
def test_what_came_on_a_kept_connection_before_a_request_is_no_answer_to_it(
    out: SenderBench, kernel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though epoll has not been asked since: requests are started between two turns."""
    if kernel == "old":
        monkeypatch.setattr(links, "_SO_MEMINFO", 9999)  # is refused as one that the kernel does not know
    requests: list[bytes] = []
    first_is_through, second_is_sent = threading.Event(), threading.Event()

    def one_too_many(near: socket.socket) -> None:
        requests.append(read_request(near))
        if len(requests) == 2:
            near.sendall(NO)
            return
        near.sendall(OK)
        first_is_through.wait(10)
        near.sendall(OK)
        second_is_sent.set()
        near.recv(65536)

    with talking(one_too_many) as port:
        assert out.post(f"http://127.0.0.1:{port}/").status == 200
        first_is_through.set()
        assert second_is_sent.wait(10)
        assert out.post(f"http://127.0.0.1:{port}/").status == 503
    assert len(requests) == 2


@pytest.mark.parametrize("end", [socket.socket.close, reset], ids=["closed", "reset"])
def test_a_connection_that_ended_unseen_costs_nothing(
    out: SenderBench, end: Callable[[socket.socket], None]
) -> None:
    """The request goes over a fresh one, once."""
    requests: list[bytes] = []
    ended = threading.Event()

    def talk(near: socket.socket) -> None:
        requests.append(read_request(near))
        near.sendall(OK)
        end(near)
        ended.set()

    with talking(talk) as port:
        for _ in range(10):
            ended.clear()
            assert out.post(f"http://127.0.0.1:{port}/").status == 200
            assert ended.wait(10)
    assert len(requests) == 10


def test_a_number_that_is_given_out_again_within_a_turn_is_not_mistaken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The end of one request closes a kept connection that has ended, too, and starts a request that gets its number.

    What epoll told of the old one would be heard as the new one's: as connected, though it is not.
    """
    monkeypatch.setattr(links, "KEPT", 1)
    ended: dict[object, Answer] = {}
    many = range(20)
    answered, closed = threading.Event(), threading.Event()

    def talk_and_close(near: socket.socket) -> None:
        read_request(near)
        near.sendall(OK)
        answered.wait(10)
        near.close()
        closed.set()

    def talk(near: socket.socket) -> None:
        read_request(near)
        near.sendall(OK)
        answered.set()
        closed.wait(10)

    def done(tag: object, answer: Answer) -> None:
        ended[tag] = answer
        if tag == "second":
            for n in many:  # one of them gets the number that has just become free
                sender.start(plain_post(nowhere, timeout_ms=300), n)

    with contextlib.ExitStack() as stack:
        nowhere = stack.enter_context(silent())
        port, other_port = stack.enter_context(talking(talk_and_close)), stack.enter_context(talking(talk))
        wake = os.eventfd(0)
        stack.callback(os.close, wake)
        sender = Sender(LOCAL, done, wake)
        stack.callback(sender.close)
        sender.start(plain_post(port), "first")
        while "first" not in ended:
            sender.poll(1)
        sender.start(plain_post(other_port), "second")
        sender.poll(1)  # it is connected, and asked
        assert closed.wait(10)
        while not all(n in ended for n in many):
            sender.poll(1)
    assert {ended[n].error for n in many} == {ErrorClass.CONNECT_TIMEOUT}
    assert {ended[n].timings.connect_ms for n in many} == {None}


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A port whose connections never come about."""
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.parametrize(("said", "status"), [(NO, 503), (b"", None)])
def test_who_refuses_us_as_soon_as_we_are_connected_is_there_and_is_heard(
    out: SenderBench, said: bytes, status: int | None
) -> None:
    """A receiver that is too busy to listen: it is no one that cannot be reached."""
    refused = threading.Event()

    def refuse(near: socket.socket) -> None:
        near.sendall(said)
        reset(near)
        refused.set()

    with talking(refuse) as port:
        out.start(f"http://127.0.0.1:{port}/", "it")
        assert refused.wait(10)
        [answer] = out.wait("it")
    assert (answer.status, answer.error) == (status, None if status else ErrorClass.SEND_FAILED)
    assert answer.timings.connect_ms is not None
    assert (answer.detail == "") is (status is not None)


@pytest.mark.parametrize("more", [b"", b"and more"])
def test_a_success_that_is_told_too_early_counts_once_all_is_sent(out: SenderBench, more: bytes) -> None:
    body = os.urandom(20_000_000)  # more than the buffers between them hold
    got: list[bytes] = []
    heard, over = threading.Event(), threading.Event()

    def hasty(near: socket.socket) -> None:
        near.sendall(OK + more)
        heard.wait(10)
        got.append(read_request(near))
        over.set()

    with talking(hasty) as port:
        out.start(f"http://127.0.0.1:{port}/", "it", body=body, timeout_s=30)
        for _ in range(5):
            out.sender.poll(0.05)
        assert out.answers == {}
        heard.set()
        [answer] = out.wait("it")
        assert over.wait(10)
    assert (answer.status, got) == (200, [body])


@pytest.mark.parametrize("end", [None, reset], ids=["waits", "reset"])
def test_who_answers_a_success_and_does_not_read_was_not_delivered_to(
    out: SenderBench, end: Callable[[socket.socket], None] | None
) -> None:
    over = threading.Event()

    def deaf(near: socket.socket) -> None:
        near.recv(10)
        near.sendall(OK)
        if end:
            end(near)
        over.wait(20)

    with talking(deaf) as port:
        out.start(f"http://127.0.0.1:{port}/", "it", body=b"x" * 20_000_000, timeout_s=1)
        [answer] = out.wait("it")
        over.set()
    assert (answer.status, answer.error) == (None, ErrorClass.SEND_FAILED)
    assert answer.detail == "The receiver answered a success before it had taken the whole request"


class Changing(TargetPolicy):
    why: str | None = None

    def refused(self, address: str) -> str | None:
        return self.why


def test_a_kept_connection_is_judged_again(receiver: Receiver) -> None:
    policy = Changing()
    with sending(policy) as out:
        assert out.post(receiver.url()).status == 200
        policy.why = "not any more"
        answer = out.post(receiver.url())
        assert (answer.error, answer.detail) == (ErrorClass.ADDRESS_REFUSED, "not any more")
        assert len(receiver.requests) == 1


def test_it_can_be_closed_twice(receiver: Receiver) -> None:
    with sending() as out:
        out.post(receiver.url())
        out.sender.close()
        out.sender.close()


def test_a_kept_connection_has_no_time_of_connecting(out: SenderBench, receiver: Receiver) -> None:
    assert out.post(receiver.url()).timings.connect_ms is not None
    timings = out.post(receiver.url()).timings
    assert timings.connect_ms is None
    assert timings.first_byte_ms is not None
    assert timings.first_byte_ms <= timings.total_ms
