"""Requests over kept connections to a receiver that does anything at any time: each ends once, with its own answer."""

import contextlib
import os
import random
from collections.abc import Iterator

import pytest

from airhook.delivery.exchange import Answer, Post
from airhook.delivery.sender import Sender
from airhook.delivery.targets import parse
from support.erratic_receiver import ErraticReceiver
from support.sender_bench import LOCAL

AT_ONCE = 8
TIMEOUT_MS = 150
STEPS = 150


class Driver:
    """Starts requests by chance, also while others end, and remembers how each ended."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.receiver = ErraticReceiver(self.chance)
        self.wake = os.eventfd(0)
        self.sender = Sender(LOCAL, self._done, self.wake)
        self.files = open_files()
        self.started = 0
        self.ended: dict[bytes, Answer] = {}

    def close(self) -> None:
        self.sender.close()
        self.receiver.close()
        os.close(self.wake)

    def start(self) -> None:
        name = b"%d" % self.started
        self.started += 1
        body = name + b" " + b"x" * self.chance.choice((0, 500, 500, 300_000))
        target = parse(f"http://127.0.0.1:{self.receiver.port}/")
        post = Post(target=target, body=body, addresses=("127.0.0.1",), timeout_ms=TIMEOUT_MS)
        self.sender.start(post, name)

    def _done(self, tag: object, answer: Answer) -> None:
        assert isinstance(tag, bytes)
        assert tag not in self.ended, "it has ended twice"
        self.ended[tag] = answer
        if answer.status == 401:  # as a request with the key from before
            self.start()

    def turn(self) -> None:
        while self.sender.open < AT_ONCE and self.chance.random() < 0.5:
            self.start()
        self.sender.poll(0)
        self.receiver.step()
        assert open_files() - self.files - len(self.receiver.peers) <= AT_ONCE + 1


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count is enough


@contextlib.contextmanager
def driving(seed: int) -> Iterator[Driver]:
    driver = Driver(seed)
    try:
        yield driver
    finally:
        driver.close()


@pytest.mark.parametrize("seed", range(25))
def test_every_request_ends_once_and_with_the_answer_to_it(seed: int) -> None:
    with driving(seed) as driver:
        for _ in range(STEPS):
            driver.turn()
        while driver.sender.open:
            driver.sender.poll(0.01)
        assert set(driver.ended) == {b"%d" % n for n in range(driver.started)}
        for name, answer in driver.ended.items():
            _check(driver.receiver, name, answer)
        assert any(answer.status == 200 for answer in driver.ended.values())


def _check(receiver: ErraticReceiver, name: bytes, answer: Answer) -> None:
    assert receiver.read[name] <= 2, "one more try, when a kept connection died"
    if answer.status is None:
        assert answer.detail
        assert answer.remote_addr == "127.0.0.1"
        return
    assert answer.status in receiver.said[name]
    assert dict(answer.headers)["X-Id"] == name.decode()
