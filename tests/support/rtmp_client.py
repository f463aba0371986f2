"""A small raw RTMP publisher that says exactly what a test wants, and reads what it is answered."""

import asyncio
import socket
import struct
from typing import Any

from airhook.ingest import amf
from airhook.ingest.chunks import ChunkReader, Message
from support import rtmp_bytes as raw

PATIENCE_S = 30.0
_LIMIT = 1 << 20


class RtmpClient:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.heard: list[Message] = []
        self._chunks = ChunkReader(message_bytes=_LIMIT, chunk_streams=8, buffered_bytes=_LIMIT)

    @classmethod
    async def dial(cls, port: int) -> "RtmpClient":
        """Connect and say nothing."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def shake_hands(self) -> None:
        self.send(raw.HANDSHAKE)
        async with asyncio.timeout(PATIENCE_S):
            await self.reader.readexactly(1 + 1536 + 1536)

    def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))

    async def publish(self, name: str = "room1", **connect: str) -> None:
        """Go as far as the publish, and wait until it is let in."""
        self.send(raw.connect(**connect), raw.command("createStream", 4, raw.NULL), raw.publish(name))
        await self.status("NetStream.Publish.Start")

    async def status(self, code: str) -> dict[str, Any]:
        """Wait for an ``onStatus`` with this code; gives its information object."""
        while True:
            name, *values = await self.command()
            information = values[-1]
            if name == "onStatus" and information["code"] == code:
                return dict(information)

    async def result(self, transaction: float) -> list[Any]:
        """Wait for the answer to a call; gives its name and values."""
        while True:
            values = await self.command()
            if values[0] in ("_result", "_error") and values[1] == transaction:
                return values

    async def command(self) -> list[Any]:
        return amf.decode((await self.message(raw.COMMAND)).payload)

    async def message(self, message_type: int) -> Message:
        """The next message of a type, whatever comes before it."""
        while True:
            message = await self._next()
            if message.type == message_type:
                return message

    async def closed(self) -> None:
        """Wait until the server has closed the connection, in whatever way."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionError:
                return

    async def close(self) -> None:
        """Close without a word."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            return

    async def reset(self) -> None:
        """Go with a TCP reset, as a crashing machine's router may send it."""
        connected = self.writer.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def _next(self) -> Message:
        async with asyncio.timeout(PATIENCE_S):
            while (message := self._chunks.next()) is None:
                data = await self.reader.read(65_536)
                assert data, "the server closed the connection"
                self._chunks.feed(data)
        self.heard.append(message)
        return message
