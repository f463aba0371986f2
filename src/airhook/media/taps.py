"""Where a feed's tags come from: the outlets of the ingest, or another media server.

The outlets' protocol (``ingest.outlets`` is its other side): one line of JSON says which push and what of it; the
answer is FLV. ``tags``: everything from the newest codec headers on. ``key``: after each further line feed, the codec
header and the newest key frame, once there is one that was not given before. The end of the connection is the end of
the push.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal, cast

import msgspec

from airhook.core.flv import Tag, TagReader
from airhook.media.dying import STUCK_STATUS, die
from airhook.media.protocol import PullInput, PushInput
from airhook.media.pull import Pull

Take = Callable[[Tag], None]
Ended = Callable[[str], None]

STUCK_S = 5.0  # beyond the time that a pull has for opening
READ_BYTES = 1 << 18
_SHORT_PATH_BYTES = 100  # of a Unix socket's address


class _OutletTap(asyncio.Protocol):
    """``ended`` gets why: "" when the push is over."""

    what: Literal["tags", "key"]

    def __init__(self, outlets: str, source: PushInput, take: Take, ended: Ended) -> None:
        self._source = source
        self._take = take
        self._ended = ended
        self._tags = TagReader()
        self._transport: asyncio.Transport | None = None
        self._closed = False
        self._task = asyncio.get_running_loop().create_task(self._connect(outlets))

    async def _connect(self, outlets: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            with Reachable(outlets) as address:
                await loop.create_unix_connection(lambda: self, address)
        except OSError as error:
            if not self._closed:
                self._ended(f"the outlets cannot be reached: {error}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, since uvloop's transports derive from none of asyncio's classes.
        self._transport = opened = cast("asyncio.Transport", transport)
        if self._closed:
            opened.close()
            return
        wish = {"session_id": self._source.session_id, "epoch": self._source.epoch, "what": self.what}
        opened.write(msgspec.json.encode(wish) + b"\n")

    def data_received(self, data: bytes) -> None:
        if self._closed:
            return
        try:
            for tag in self._tags.feed(data):
                self._take(tag)
        except ValueError as error:
            self.close()
            self._ended(f"the outlet does not speak FLV: {error}")

    def connection_lost(self, error: Exception | None) -> None:
        if not self._closed:
            self._closed = True
            self._ended(str(error or ""))

    def close(self) -> None:
        self._closed = True
        if self._transport is not None:
            self._transport.close()


class TagTap(_OutletTap):
    """Every tag."""

    what = "tags"


class KeyTap(_OutletTap):
    """The newest key frame, every so often."""

    what = "key"

    def __init__(self, outlets: str, source: PushInput, every_s: float, take: Take, ended: Ended) -> None:
        super().__init__(outlets, source, take, ended)
        self._every_s = every_s
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._ask()

    def _ask(self) -> None:
        if not self._closed and self._transport is not None:
            self._transport.write(b"\n")
            self._timer = asyncio.get_running_loop().call_later(self._every_s, self._ask)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().close()


class PullTap:
    """A stream of another media server, read by a thread of its own."""

    def __init__(self, source: PullInput, take: Take, ended: Ended) -> None:
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._ended = ended
        self._tags = TagReader()
        self._closed = False
        self._pull = Pull(source, self._hand_over, self._over)
        longest_s = source.open_s + source.patience_s
        self._watchdog = self._loop.call_later(longest_s + STUCK_S, self._look, longest_s)

    def close(self) -> None:
        self._closed = True
        self._pull.close()

    def _hand_over(self, data: bytes) -> None:
        """From the pull's thread; waits while the loop is behind, so that nothing piles up."""
        asyncio.run_coroutine_threadsafe(self._receive(data), self._loop).result()

    def _over(self, why: str) -> None:
        self._loop.call_soon_threadsafe(self._end, why)

    async def _receive(self, data: bytes) -> None:
        if not self._closed:
            for tag in self._tags.feed(data):
                self._take(tag)

    def _look(self, open_s: float) -> None:
        """A playlist that names itself a thousand times keeps FFmpeg busy for ever, whatever its time-outs are."""
        if not self._pull.is_open and not self._closed:
            die(
                STUCK_STATUS,
                f"a stream to be pulled is not open after {open_s + STUCK_S:g} s; the worker ends",
            )

    def _end(self, why: str) -> None:
        self._watchdog.cancel()
        if not self._closed:
            self._closed = True
            self._ended(why)


class Reachable:
    """A Unix socket's path in a form that fits into an address, however deep its folder lies (Linux)."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._folder = -1

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= _SHORT_PATH_BYTES:
            return str(self._path)
        self._folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        if self._folder >= 0:
            os.close(self._folder)
