"""A sender on real sockets, and what it was answered, for tests."""

import contextlib
import os
import time
from collections.abc import Iterator

from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.exchange import Answer, Post
from airhook.delivery.sender import Sender
from airhook.delivery.targets import parse

LOCAL = TargetPolicy(["127.0.0.0/8", "::1/128"])


class SenderBench:
    """A sender and what it was answered."""

    def __init__(self, policy: TargetPolicy = LOCAL, proxy: str = "") -> None:
        self.answers: dict[object, Answer] = {}
        self.wake_fd = os.eventfd(0)
        self.sender = Sender(policy, self.answers.__setitem__, self.wake_fd, proxy=proxy)

    def start(
        self, url: str, tag: object, addresses: tuple[str, ...] = ("127.0.0.1",), timeout_s: float = 5
    ) -> None:
        post = Post(
            target=parse(url), body=b'{"a":1}', addresses=addresses, timeout_ms=round(timeout_s * 1000)
        )
        self.sender.start(post, tag)

    def wait(self, *tags: object) -> None:
        until = time.monotonic() + 10
        while not all(tag in self.answers for tag in tags):
            assert time.monotonic() < until, "no answer came"
            self.sender.poll(0.1)

    def post(self, url: str, addresses: tuple[str, ...] = ("127.0.0.1",), timeout_s: float = 5) -> Answer:
        self.answers.clear()
        self.start(url, "it", addresses, timeout_s)
        self.wait("it")
        return self.answers["it"]

    def close(self) -> None:
        self.sender.close()
        os.close(self.wake_fd)


@contextlib.contextmanager
def sending(policy: TargetPolicy = LOCAL, proxy: str = "") -> Iterator[SenderBench]:
    made = SenderBench(policy, proxy)
    try:
        yield made
    finally:
        made.close()
