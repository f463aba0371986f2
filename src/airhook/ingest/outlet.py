"""One push's outlet: what its readers get, and what is kept for those that come later.

Kept are the newest codec headers, the metadata and the newest key frame, by reference. A reader gets tags in batches,
since a write costs more than a tag; one that lags loses frames up to the next key frame, and holds nobody up.

The first seconds of a push are kept whole, too: a recording begins with its first picture, although a worker may have
to be started for it.
"""

import time
from collections.abc import Callable
from typing import Protocol

from airhook.core import flv
from airhook.ingest.chunks import Message
from airhook.ingest.messages import AGGREGATE, AUDIO, DATA, VIDEO

OPENING_S = 10.0
OPENING_BYTES = 4 * 1024 * 1024

_SET_DATA_FRAME = b"\x02\x00\x0d@setDataFrame"  # the publisher's order, which no file holds

Piece = bytes | bytearray


class Reader(Protocol):
    def take(self, pieces: tuple[Piece, ...], *, key: bool) -> None:
        """A whole tag in pieces; ``key``: what follows can be understood from here on."""
        ...

    def key_frame(self) -> None:
        """There is a new one."""
        ...

    def end(self) -> None:
        """The push is over."""
        ...


class Outlet:
    def __init__(self) -> None:
        self.tag_readers: list[Reader] = []
        self.key_readers: list[Reader] = []
        self._metadata: Message | None = None
        self._video_header: Message | None = None
        self._audio_header: Message | None = None
        self._key_frame: Message | None = None
        self._opening: list[Message] | None = []  # everything so far; None: it is too much, or too long ago
        self._opening_bytes = 0
        self._opened = time.monotonic()

    def take(self, message: Message) -> None:
        """Every audio, video and data message of the push, in order."""
        kind, body = message.type, message.payload
        key = False
        if kind == VIDEO:
            if flv.is_video_key(body):
                key = self._keep(message)
        elif kind == AUDIO:
            if flv.is_audio_header(body):
                self._audio_header = message
            key = self._video_header is None and self._key_frame is None
        elif kind == DATA:
            message = _plain_data(message)
            if flv.is_dropped_mark(message.payload):
                return
            self._metadata = message
        elif kind == AGGREGATE:
            self._split(message)
            return
        else:
            return  # AMF3 data: of no use in a file
        if self._opening is not None:
            self._remember(message)
        if self.tag_readers:
            pieces = tag_pieces(message)
            for reader in self.tag_readers:
                reader.take(pieces, key=key)
        if key and self.key_readers and kind == VIDEO:
            for reader in list(self.key_readers):
                reader.key_frame()

    def beginning(self) -> list[Message]:
        """What a new reader gets first: the push from its start, or what a file needs to begin now."""
        if self._opening is not None:
            return self._opening
        known = (self._metadata, self._video_header, self._audio_header)
        return [one for one in known if one is not None]

    def newest_key_frame(self) -> tuple[Message | None, Message] | None:
        """The codec's header (some codecs have none) and the frame."""
        return (self._video_header, self._key_frame) if self._key_frame is not None else None

    def end(self) -> None:
        for reader in [*self.tag_readers, *self.key_readers]:
            reader.end()

    def _remember(self, message: Message) -> None:
        assert self._opening is not None
        self._opening.append(message)
        self._opening_bytes += len(message.payload)
        if self._opening_bytes > OPENING_BYTES or time.monotonic() - self._opened > OPENING_S:
            self._opening = None

    def _keep(self, message: Message) -> bool:
        """Whether it is a key frame, and no header."""
        if flv.is_video_header(message.payload):
            self._video_header = message
            self._key_frame = None  # of the codec before
            return False
        self._key_frame = message
        return True

    def _split(self, aggregate: Message) -> None:
        """Tags in one message; their timestamps count from the first one's."""
        try:
            tags = list(flv.TagReader(plain=True).feed(bytes(aggregate.payload)))
        except ValueError:
            return
        for tag in tags:
            if tag.type in (AUDIO, VIDEO, DATA):
                shifted = (aggregate.timestamp + tag.timestamp - tags[0].timestamp) & 0xFFFFFFFF
                self.take(Message(tag.type, aggregate.stream_id, shifted, bytearray(tag.body)))


def tag_pieces(message: Message) -> tuple[Piece, ...]:
    """A whole tag, its body not copied."""
    body = message.payload
    header = flv.tag_header(message.type, len(body), message.timestamp)
    return header, body, (len(body) + flv.TAG_HEADER_BYTES).to_bytes(flv.TRAILER_BYTES, "big")


def _plain_data(message: Message) -> Message:
    if not message.payload.startswith(_SET_DATA_FRAME):
        return message
    return Message(
        message.type, message.stream_id, message.timestamp, message.payload[len(_SET_DATA_FRAME) :]
    )


Find = Callable[[int, int], Outlet | None]
"""The outlet of a push, by session id and epoch."""
