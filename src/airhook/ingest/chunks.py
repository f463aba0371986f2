"""RTMP chunks: from the bytes of a connection to whole messages, and back (RTMP 1.0, section 5.3).

The reader takes bytes as they come and gives messages as they are complete, so that its memory is the unfinished
messages and at most one read. It handles the two messages that concern chunks alone: Set Chunk Size and Abort.
"""

import struct

import msgspec

from airhook.ingest.errors import ContentError, FrameTooLargeError

SET_CHUNK_SIZE = 1
ABORT = 2

DEFAULT_CHUNK_BYTES = 128
MIN_CHUNK_BYTES = 128  # what the specification asks for; less only burns time
MAX_CHUNK_BYTES = 0xFFFFFF  # no message is longer

_EXTENDED = 0xFFFFFF  # in a timestamp field: the real value follows in four bytes
_TIME_MASK = 0xFFFFFFFF
_FIELD_BYTES = (11, 7, 3, 0)  # after the basic header, by chunk type
_CONTROL_CHUNK_STREAM = 2


class Message(msgspec.Struct, frozen=True):
    """One RTMP message. ``timestamp`` is milliseconds modulo 2**32; the payload belongs to the receiver."""

    type: int
    stream_id: int
    timestamp: int
    payload: bytearray


class _ChunkStream:
    """What chunks of one chunk stream inherit from those before, and the message they are building."""

    __slots__ = ("begun", "extended", "field", "length", "payload", "stream_id", "timestamp", "type")

    def __init__(self) -> None:
        self.timestamp = 0
        self.field = 0  # of the last header: a timestamp (type 0) or a step (types 1 and 2)
        self.extended = False
        self.length = 0
        self.type = 0
        self.stream_id = 0
        self.begun = False
        self.payload = bytearray()


class ChunkReader:
    def __init__(self, *, message_bytes: int, chunk_streams: int, buffered_bytes: int) -> None:
        self._message_bytes = message_bytes
        self._max_streams = chunk_streams
        self._max_unfinished = buffered_bytes
        self._streams: dict[int, _ChunkStream] = {}
        self._chunk_bytes = DEFAULT_CHUNK_BYTES
        self._data = b""
        self._view = memoryview(b"")
        self._pos = 0
        self._open: _ChunkStream | None = None  # its chunk is not complete yet
        self._chunk_left = 0  # bytes missing from that chunk
        self._unfinished = 0  # bytes of messages that are not complete yet

    @property
    def chunk_bytes(self) -> int:
        """How long the sender's chunks are, by its own word."""
        return self._chunk_bytes

    @property
    def buffered(self) -> int:
        """Bytes held now: unfinished messages and what was not looked at yet."""
        return self._unfinished + len(self._data) - self._pos

    def feed(self, data: bytes) -> None:
        """Take bytes in; ``next`` looks at them."""
        self._data = self._data[self._pos :] + data
        self._view = memoryview(self._data)
        self._pos = 0

    def next(self) -> Message | None:
        """The next whole message, or None when more bytes are needed.

        Raises ``ContentError`` and ``FrameTooLargeError``; the reader is of no use afterwards.
        """
        while True:
            stream = self._open or self._read_header()
            message = self._read_payload(stream) if stream else None
            if message is not None:
                if not self._obey(message):
                    return message
            elif stream is None or self._open is not None:
                self.feed(b"")  # lets go of what was consumed
                return None

    def _read_header(self) -> _ChunkStream | None:
        """Begin the next chunk; None when its header is not all there."""
        data, pos = self._data, self._pos
        if pos >= len(data):
            return None
        chunk_type, csid = data[pos] >> 6, data[pos] & 0x3F
        pos += 1
        if csid < 2:  # then one (0) or two (1) more bytes hold the id
            id_bytes = csid + 1
            if len(data) < pos + id_bytes:
                return None
            csid = 64 + int.from_bytes(data[pos : pos + id_bytes], "little")
            pos += id_bytes
        stream = self._streams.get(csid) or self._new_stream(csid, chunk_type)
        body = self._continue(stream, pos) if chunk_type == 3 else self._read_fields(stream, chunk_type, pos)
        if body is None:
            return None
        self._streams[csid] = stream
        self._pos = body
        self._open = stream
        self._chunk_left = min(self._chunk_bytes, stream.length - len(stream.payload))
        return stream

    def _new_stream(self, csid: int, chunk_type: int) -> _ChunkStream:
        # librtmp answers pings with type 1 as the first chunk ever, so that only types 2 and 3 are impossible.
        if chunk_type >= 2:
            raise ContentError(f"chunk stream {csid} begins with a chunk of type {chunk_type}")
        if len(self._streams) >= self._max_streams:
            raise ContentError(f"more than {self._max_streams} chunk streams")
        return _ChunkStream()

    def _read_fields(self, stream: _ChunkStream, chunk_type: int, pos: int) -> int | None:
        """Begin a message with a header of type 0, 1 or 2; gives where its payload begins."""
        data = self._data
        end = pos + _FIELD_BYTES[chunk_type]
        if len(data) < end:
            return None
        field = int.from_bytes(data[pos : pos + 3], "big")
        extended = field == _EXTENDED
        if extended:
            end += 4
            if len(data) < end:
                return None
            field = int.from_bytes(data[end - 4 : end], "big")
        if stream.begun:
            raise ContentError("a message begins before the one before it is complete")
        if chunk_type < 2:
            stream.length = int.from_bytes(data[pos + 3 : pos + 6], "big")
            stream.type = data[pos + 6]
        if chunk_type == 0:
            stream.stream_id = int.from_bytes(data[pos + 7 : pos + 11], "little")
            stream.timestamp = 0  # the field is the whole timestamp then
        stream.field = field
        stream.extended = extended
        self._begin(stream)
        return end

    def _continue(self, stream: _ChunkStream, pos: int) -> int | None:
        """Go on with a message, or begin one with the header of the last; gives where the payload begins."""
        if stream.extended:
            if len(self._data) < pos + 4:
                return None
            # Encoders of the specification's 2009 draft do not repeat the extended timestamp here (old librtmp
            # among them), so that anything but the timestamp already is payload.
            repeated = int.from_bytes(self._data[pos : pos + 4], "big")
            if repeated in (stream.field, stream.timestamp):
                pos += 4
        if not stream.begun:
            self._begin(stream)
        return pos

    def _begin(self, stream: _ChunkStream) -> None:
        if stream.length > self._message_bytes:
            raise FrameTooLargeError(f"a message of {stream.length} bytes; at most {self._message_bytes}")
        stream.timestamp = (stream.timestamp + stream.field) & _TIME_MASK
        stream.begun = True

    def _read_payload(self, stream: _ChunkStream) -> Message | None:
        """Take what is there of the open chunk; gives the message once it is complete."""
        end = min(self._pos + self._chunk_left, len(self._data))
        taken = end - self._pos
        stream.payload += self._view[self._pos : end]
        self._pos = end
        self._unfinished += taken
        self._chunk_left -= taken
        if self._unfinished > self._max_unfinished:
            raise ContentError(f"more than {self._max_unfinished} bytes of unfinished messages")
        if self._chunk_left:
            return None
        self._open = None
        if len(stream.payload) < stream.length:
            return None
        return self._finish(stream)

    def _finish(self, stream: _ChunkStream) -> Message:
        payload, stream.payload = stream.payload, bytearray()
        stream.begun = False
        self._unfinished -= len(payload)
        return Message(stream.type, stream.stream_id, stream.timestamp, payload)

    def _obey(self, message: Message) -> bool:
        """Carry out a message that concerns the chunks; False when it is another's business."""
        if message.type not in (SET_CHUNK_SIZE, ABORT):
            return False
        if len(message.payload) < 4:
            raise ContentError(
                f"a message of type {message.type} with {len(message.payload)} bytes; it has 4"
            )
        value = int.from_bytes(message.payload[:4], "big")
        if message.type == ABORT:
            self._abort(value)
        elif value < MIN_CHUNK_BYTES or value > 0x7FFFFFFF:
            raise ContentError(f"a chunk size of {value}; at least {MIN_CHUNK_BYTES}")
        else:
            self._chunk_bytes = min(value, MAX_CHUNK_BYTES)
        return True

    def _abort(self, csid: int) -> None:
        stream = self._streams.get(csid)
        if stream is not None and stream.begun:
            self._finish(stream)


class ChunkWriter:
    """Our side of the chunk stream: answers without timestamps."""

    def __init__(self) -> None:
        self._chunk_bytes = DEFAULT_CHUNK_BYTES

    def resize(self, chunk_bytes: int) -> bytes:
        """Set Chunk Size; what is written from now on follows it."""
        announcement = self.write(_CONTROL_CHUNK_STREAM, SET_CHUNK_SIZE, 0, struct.pack(">I", chunk_bytes))
        self._chunk_bytes = chunk_bytes
        return announcement

    def write(self, csid: int, message_type: int, stream_id: int, payload: bytes) -> bytes:
        """A message on a chunk stream from 2 to 63."""
        size = self._chunk_bytes
        header = bytes([csid, 0, 0, 0]) + len(payload).to_bytes(3, "big") + bytes([message_type])
        pieces = [payload[start : start + size] for start in range(0, len(payload), size)]
        return header + stream_id.to_bytes(4, "little") + bytes([0xC0 | csid]).join(pieces)
