"""Reading the bodies of calls without giving strangers the memory of the process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

from airhook.cloudapi.errors import RequestSizeLimitExceeded, ServiceUnavailable

SMALL_BYTES = 64 * 1024  # read of anybody, and not counted
LARGE_BYTES_ALTOGETHER = 64 * 1024 * 1024


class Bodies:
    """What is held of large bodies at the moment, over all calls."""

    def __init__(self, large_bytes: int = LARGE_BYTES_ALTOGETHER) -> None:
        self._left = large_bytes

    @contextmanager
    def reader(self, limit: int, judge: Callable[[], Awaitable[None]]) -> Iterator["Reader"]:
        """For one call, whose body is let go of at the end. ``judge`` raises when the caller may send no large one."""
        reader = Reader(self, limit, judge)
        try:
            yield reader
        finally:
            self._left += reader.held

    def take(self, size: int) -> None:
        if size > self._left:
            raise ServiceUnavailable("too many large requests are under way")
        self._left -= size


class Reader:
    def __init__(self, bodies: Bodies, limit: int, judge: Callable[[], Awaitable[None]]) -> None:
        self.held = 0  # bytes of a large body
        self._bodies = bodies
        self._limit = limit
        self._judge = judge

    async def read(self, chunks: AsyncIterator[bytes], announced: str) -> bytes:
        """The body. Raises an ``ApiError``: it is too large, ``judge`` refuses it, or there are too many of its like."""
        if announced.isdecimal() and int(announced) > self._limit:
            raise self._too_large()
        body = bytearray()
        async for chunk in chunks:
            size = len(body) + len(chunk)
            if size > self._limit:
                raise self._too_large()
            if size > SMALL_BYTES:
                await self._hold(size)
            body += chunk
        return bytes(body)

    async def _hold(self, size: int) -> None:
        if not self.held:
            await self._judge()
        self._bodies.take(size - self.held)
        self.held = size

    def _too_large(self) -> RequestSizeLimitExceeded:
        return RequestSizeLimitExceeded(f"this kind of body may have {self._limit} bytes")
