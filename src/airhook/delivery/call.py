"""A request on its way over a connection of our own, and what has come of it."""

import time

from airhook.core.deliveries import ErrorClass, Timings
from airhook.delivery.exchange import SUCCESS_BELOW, Answer, Post
from airhook.delivery.http1 import AnswerReader
from airhook.delivery.links import Link


class Call:
    """One request, over as many connections as it takes: one address after another, a fresh one for a kept one that died."""

    __slots__ = (
        "began",
        "broken",
        "connect_ms",
        "deadline",
        "first_byte_ms",
        "link",
        "next_address",
        "post",
        "reader",
        "remote_addr",
        "request",
        "tag",
        "unsent",
    )

    def __init__(self, post: Post, tag: object, request: bytes) -> None:
        self.post = post
        self.tag = tag
        self.request = request
        self.began = time.monotonic()
        self.deadline = self.began + post.timeout_ms / 1000
        self.link: Link | None = None
        self.remote_addr = ""
        self.next_address = 0  # of those of the post
        self.fresh()

    def fresh(self) -> None:
        """Begin anew, on another connection."""
        self.unsent: bytes | memoryview = self.request
        self.reader = AnswerReader()
        self.broken = ""  # why the rest of the request cannot be sent
        self.connect_ms: float | None = None
        self.first_byte_ms: float | None = None

    @property
    def is_cut(self) -> bool:
        """It is answered as a success, though not all of it was sent."""
        return bool(self.unsent) and self.reader.head is not None and self.reader.head.status < SUCCESS_BELOW

    def since_ms(self) -> float:
        return round((time.monotonic() - self.began) * 1000, 3)

    def answer(self) -> Answer:
        """What has come: the head is complete."""
        head = self.reader.head
        assert head is not None
        return Answer(
            status=head.status,
            headers=list(head.headers),
            body=self.reader.body,
            remote_addr=self.remote_addr,
            timings=self._timings(),
        )

    def failure(self, error: ErrorClass, detail: str) -> Answer:
        return Answer(
            status=None,
            headers=[],
            body=b"",
            remote_addr=self.remote_addr,
            timings=self._timings(),
            error=error,
            detail=detail,
        )

    def _timings(self) -> Timings:
        return Timings(
            dns_ms=0,
            connect_ms=self.connect_ms,
            first_byte_ms=self.first_byte_ms,
            total_ms=self.since_ms(),
        )
