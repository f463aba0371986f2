"""A transport in memory, so that a test holds both ends of a connection."""

import asyncio
import errno
import socket
from typing import Any

PEER = ("203.0.113.5", 50_000)


class FakeTransport(asyncio.Transport):
    """``unread`` holds what a client sent and nobody has read yet."""

    def __init__(self, protocol: asyncio.Protocol, unread: socket.socket) -> None:
        super().__init__({"peername": PEER, "socket": unread})
        self.sent = bytearray()
        self.reading = True
        self.lost = False
        self.reset = False  # the kernel knows that the peer is gone, the event loop does not yet
        self._protocol = protocol
        self._closing = False
        protocol.connection_made(self)

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        assert not self._closing, "written after the end"
        self.sent += data

    def write_eof(self) -> None:
        assert not self._closing
        if self.reset:
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self._closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self.lose, None)

    def lose(self, error: Exception | None) -> None:
        """The connection is gone."""
        if not self.lost:
            self._closing = True
            self.lost = True
            self._protocol.connection_lost(error)
