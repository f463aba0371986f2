"""Receivers, and lacks of this machine, that would hold up the loop for all the others."""

import contextlib
import errno
import gc
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from airhook.core.deliveries import ErrorClass
from airhook.delivery import bigheads
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.exchange import Answer
from airhook.delivery.http1 import AnswerReader
from airhook.delivery.sender import Sender
from support.receiver import Receiver
from support.sender_bench import SenderBench, plain_post, sending
from support.talking import read_request, reset, talking

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("where", ["kept", "waiting", "reading", "sending"])
@pytest.mark.parametrize("how", ["half closed", "closed", "reset", "urgent", "left alone"])
def test_no_state_of_a_connection_makes_the_loop_spin(out: SenderBench, where: str, how: str) -> None:
    ready = threading.Event()
    over = threading.Event()

    def talk(near: socket.socket) -> None:
        if where == "sending":
            near.recv(10)
        else:
            read_request(near)
        if where == "kept":
            near.sendall(OK)
        if where == "reading":
            near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        ready.wait(10)
        if how == "half closed":
            near.shutdown(socket.SHUT_WR)
        elif how == "closed":
            near.close()
        elif how == "reset":
            reset(near)
        elif how == "urgent":
            near.send(b"!", socket.MSG_OOB)
        over.wait(10)

    body = b"x" * (20_000_000 if where == "sending" else 10)
    with talking(talk) as port:
        out.start(f"http://127.0.0.1:{port}/", "it", body=body, timeout_s=0.35)
        out.sender.poll(0.1)
        ready.set()
        until = time.monotonic() + 0.2
        turns = 0
        while time.monotonic() < until:
            out.sender.poll(until - time.monotonic())
            turns += 1
        over.set()
        out.wait("it")
    assert turns < 50


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Python's garbage collector takes a quarter of a second among the tests, and may do so in any turn."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
def test_dear_answers_do_not_make_one_long_turn(out: SenderBench) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 2000
    count = 60
    begun, all_there = threading.Barrier(count + 1), threading.Event()

    def talk(near: socket.socket) -> None:
        read_request(near)
        near.sendall(answer)
        begun.wait(30)
        all_there.wait(30)
        near.sendall(b"a: b\r\n" * 2000 + b"\r\n")

    def release() -> None:
        begun.wait(30)
        all_there.set()

    with talking(talk) as port:
        for n in range(count):
            out.start(f"http://127.0.0.1:{port}/", n, timeout_s=20)
        threading.Thread(target=release, daemon=True).start()
        turns = [0.0]
        while len(out.answers) < count:
            began = time.thread_time()
            out.sender.poll(1)
            turns.append(time.thread_time() - began)
    assert {one.status for one in out.answers.values()} == {200}
    assert max(turns) < sum(turns) / 2


def test_a_fault_of_ours_ends_the_request_that_meets_it_and_no_other(
    out: SenderBench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise epoll would tell of the same answer for ever, before it tells of the others."""
    receiver.answer(path="/bad", body=b"unreadable")
    well = AnswerReader.feed

    def feed(reader: AnswerReader, data: bytes) -> None:
        if b"unreadable" in data:
            raise RuntimeError("a fault of ours")
        well(reader, data)

    monkeypatch.setattr(AnswerReader, "feed", feed)
    for n in range(10):
        out.start(receiver.url("/bad"), ("bad", n))
        out.start(receiver.url("/good"), ("good", n))
    out.wait(*[(what, n) for what in ("bad", "good") for n in range(10)])
    errors = {what: {out.answers[what, n].error for n in range(10)} for what in ("bad", "good")}
    assert errors == {"bad": {ErrorClass.INTERNAL}, "good": {None}}
    assert out.answers["bad", 0].detail == "a fault of ours"
    assert out.sender.open == 0


def test_heads_without_end_take_no_more_memory_than_is_set_aside_for_all(
    out: SenderBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each may have 300 KiB; and again when they are over."""
    monkeypatch.setattr(bigheads, "ALL_MAX", 1_000_000)
    count = 20
    over = threading.Event()

    def talk(near: socket.socket) -> None:
        large = read_request(near) == b"large"
        near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + b"x" * 250_000)
        if large:
            near.sendall(b"\r\n\r\n")
        over.wait(20)

    with talking(talk) as port:
        url = f"http://127.0.0.1:{port}/"
        for _ in range(2):
            out.answers.clear()
            for n in range(count):
                out.start(url, n, timeout_s=1)
            answers = out.wait(*range(count))
            refused = [one for one in answers if one.error is ErrorClass.ANSWER_INVALID]
            waited = [one for one in answers if one.error is ErrorClass.TIMEOUT]
            assert len(refused) + len(waited) == count
            assert refused
            assert len(waited) >= 3
            assert {one.detail for one in refused} == {bigheads.TOO_MUCH}
            out.start(url, "large", body=b"large")
            assert out.wait("large")[0].status == 200
        over.set()


def test_kept_connections_make_room_when_there_are_no_more_files(receiver: Receiver) -> None:
    """Otherwise those of receivers that are not called any more would lock out all the others."""
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(Receiver()) for _ in range(3)]
        out = stack.enter_context(sending())
        for other in others:
            assert out.post(other.url()).status == 200
        with no_more_files():
            assert out.post(receiver.url()).status == 200
            assert out.post(others[2].url()).status == 200
        assert others[2].connections == 1, "the one that was used last is kept"


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    used = max(map(int, os.listdir("/proc/self/fd")))  # noqa: PTH208 - numbers are enough
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 1, limits[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.dup(0))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for fd in taken:
            os.close(fd)


def test_hundreds_that_find_no_file_end_a_few_at_a_time(
    out: SenderBench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: int) -> socket.socket:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as lack:
        lack.setattr(socket, "socket", none_left)
        for n in range(300):
            out.start(receiver.url(), n)
    most = 0
    while len(out.answers) < 300:
        before = len(out.answers)
        out.sender.poll(0)
        most = max(most, len(out.answers) - before)
    assert most <= 64
    assert list(out.answers) == list(range(300))
    assert {one.error for one in out.answers.values()} == {ErrorClass.CONNECT_FAILED}


def test_what_fails_at_once_and_is_started_again_does_not_hold_the_loop(receiver: Receiver) -> None:
    started = []

    def again(_tag: object, answer: Answer) -> None:
        assert answer.error is ErrorClass.ADDRESS_REFUSED
        started.append(answer)
        assert len(started) < 100
        sender.start(plain_post(receiver.port), None)

    wake = os.eventfd(0)
    sender = Sender(TargetPolicy(), again, wake)
    try:
        sender.start(plain_post(receiver.port), None)
        for _ in range(3):
            sender.poll(1)
        assert len(started) == 3
    finally:
        sender.close()
        os.close(wake)
