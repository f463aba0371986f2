"""The bare loop: libcurl by our own sender, with the same options and callbacks and 64 requests in flight, nothing else.

What a perfect product could reach on this machine with this receiver; every rate is shown as a part of it.
"""

import itertools
import time

from airhook.core.errors import AirhookError
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.curl_sender import CurlSender
from airhook.delivery.exchange import Answer, Post
from airhook.delivery.targets import parse

IN_FLIGHT = 64
WARM_UP_S = 0.3
TIMEOUT_MS = 20_000


def libcurl_per_s(urls: list[str], body: bytes, seconds: float) -> float:
    """Requests a second over ``seconds``, spread over ``urls``. Raises ``AirhookError`` when one is not answered 200."""
    loop = _Loop(urls, body)
    try:
        loop.run(WARM_UP_S)
        began, before = time.perf_counter(), loop.answered
        loop.run(seconds)
        return (loop.answered - before) / (time.perf_counter() - began)
    finally:
        loop.close()


class _Loop:
    def __init__(self, urls: list[str], body: bytes) -> None:
        self.answered = 0
        self._sender = CurlSender(TargetPolicy(["127.0.0.0/8"]), self._done)
        targets = [parse(url) for url in urls]
        self._posts = itertools.cycle(
            Post(target=target, body=body, addresses=(target.host,), timeout_ms=TIMEOUT_MS)
            for target in targets
        )
        self._failure = ""
        for _ in range(IN_FLIGHT):
            self._sender.start(next(self._posts), None)

    def run(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until and not self._failure:
            self._sender.poll(0.1)
        if self._failure:
            raise AirhookError(f"the receiver of the bare loop failed: {self._failure}")

    def close(self) -> None:
        self._sender.close()

    def _done(self, _tag: object, answer: Answer) -> None:
        if answer.status != 200:
            self._failure = answer.detail or f"status {answer.status}"
        self.answered += 1
        self._sender.start(next(self._posts), None)
