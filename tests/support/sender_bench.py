"""A sender on real sockets, and what it was answered, for tests."""

import contextlib
import os
import time
from collections.abc import Iterator

from airhook.core.delivery_options import DeliveryOptions
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.curl_sender import CurlSender
from airhook.delivery.exchange import Answer, Post
from airhook.delivery.sender import Sender
from airhook.delivery.targets import parse

PATIENCE_S = 30
LOCAL = TargetPolicy(["127.0.0.0/8", "::1/128"])

Headers = tuple[tuple[str, str], ...]


class SenderBench:
    """A sender and what it was answered."""

    def __init__(self, policy: TargetPolicy = LOCAL, proxy: str = "", *, libcurl: bool = False) -> None:
        """``libcurl``: everything goes by it."""
        self.answers: dict[object, Answer] = {}
        self.wake_fd = os.eventfd(0)
        told = self.answers.__setitem__
        self.sender: Sender | CurlSender = (
            CurlSender(policy, told, proxy) if libcurl else Sender(policy, told, self.wake_fd, proxy)
        )

    def start(
        self,
        url: str,
        tag: object,
        addresses: tuple[str, ...] = ("127.0.0.1",),
        timeout_s: float = 5,
        *,
        options: DeliveryOptions | None = None,
        headers: Headers = (),
        body: bytes = b'{"a":1}',
    ) -> None:
        post = Post(
            target=parse(url),
            body=body,
            addresses=addresses,
            timeout_ms=round(timeout_s * 1000),
            headers=headers,
            options=options,
        )
        self.sender.start(post, tag)

    def wait(self, *tags: object) -> list[Answer]:
        until = time.monotonic() + PATIENCE_S
        while not all(tag in self.answers for tag in tags):
            assert time.monotonic() < until, "no answer came"
            self.sender.poll(0.1)
        return [self.answers[tag] for tag in tags]

    def post(
        self,
        url: str,
        addresses: tuple[str, ...] = ("127.0.0.1",),
        timeout_s: float = 5,
        *,
        options: DeliveryOptions | None = None,
        headers: Headers = (),
    ) -> Answer:
        self.answers.clear()
        self.start(url, "it", addresses, timeout_s, options=options, headers=headers)
        return self.wait("it")[0]

    def close(self) -> None:
        self.sender.close()
        os.close(self.wake_fd)


@contextlib.contextmanager
def sending(policy: TargetPolicy = LOCAL, proxy: str = "", *, libcurl: bool = False) -> Iterator[SenderBench]:
    made = SenderBench(policy, proxy, libcurl=libcurl)
    try:
        yield made
    finally:
        made.close()


def plain_post(port: int, *, timeout_ms: int = 5000) -> Post:
    """A small one, to this machine."""
    target = parse(f"http://127.0.0.1:{port}/")
    return Post(target=target, body=b"{}", addresses=("127.0.0.1",), timeout_ms=timeout_ms)
