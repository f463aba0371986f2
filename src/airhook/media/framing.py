"""Messages on the channel between a node and a worker: length, then MessagePack (``protocol``)."""

import asyncio
from typing import Any, Generic, TypeVar

import msgspec

from airhook.media.protocol import LENGTH_BYTES, MAX_MESSAGE_BYTES, News, Order

T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder()


def frame(message: Order | News) -> bytes:
    body = _encoder.encode(message)
    if len(body) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message of {len(body)} bytes; at most {MAX_MESSAGE_BYTES}")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


class Messages(Generic[T]):
    """Reads one side of a channel."""

    def __init__(self, reader: asyncio.StreamReader, kinds: Any) -> None:
        self._reader = reader
        self._decode = msgspec.msgpack.Decoder(kinds).decode

    async def next(self) -> T | None:
        """None when the other side is gone. Raises ``msgspec.MsgspecError`` for what is no message."""
        try:
            length = int.from_bytes(await self._reader.readexactly(LENGTH_BYTES), "big")
            if length > MAX_MESSAGE_BYTES:
                raise msgspec.DecodeError(f"a message of {length} bytes; at most {MAX_MESSAGE_BYTES}")
            message: T = self._decode(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return message
