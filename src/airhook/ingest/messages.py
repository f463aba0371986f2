"""RTMP messages by type, and the ones we send (RTMP 1.0, sections 5.4, 6 and 7)."""

import struct

from airhook.ingest import amf
from airhook.ingest.chunks import ChunkWriter

ACKNOWLEDGEMENT = 3
USER_CONTROL = 4
WINDOW_SIZE = 5
PEER_BANDWIDTH = 6
AUDIO = 8
VIDEO = 9
DATA_AMF3 = 15
COMMAND_AMF3 = 17
DATA = 18
COMMAND = 20
AGGREGATE = 22

MEDIA = frozenset({AUDIO, VIDEO, DATA, DATA_AMF3, AGGREGATE})

PING_REQUEST = b"\0\6"
PING_RESPONSE = b"\0\7"

WINDOW_BYTES = 2_500_000  # between acknowledgements, both ways
CHUNK_BYTES = 60_000  # ours; ffmpeg adopts it for what it sends, so that a frame is mostly one chunk

_CONTROL_CHUNK_STREAM = 2
_COMMAND_CHUNK_STREAM = 3
_LIMIT_DYNAMIC = 2


class Answers:
    """Writes what a publisher is told. Chunk sizes make the order matter, so there is one of these a connection."""

    def __init__(self) -> None:
        self._writer = ChunkWriter()

    def welcome(self) -> bytes:
        """Windows and chunk size, which go before the answer to ``connect``."""
        window = self._control(WINDOW_SIZE, struct.pack(">I", WINDOW_BYTES))
        bandwidth = self._control(PEER_BANDWIDTH, struct.pack(">IB", WINDOW_BYTES, _LIMIT_DYNAMIC))
        return window + bandwidth + self._writer.resize(CHUNK_BYTES)

    def acknowledgement(self, received: int) -> bytes:
        """``received`` counts the connection's bytes; it wraps at 2**32."""
        return self._control(ACKNOWLEDGEMENT, struct.pack(">I", received & 0xFFFFFFFF))

    def ping_response(self, timestamp: bytes) -> bytes:
        return self._control(USER_CONTROL, PING_RESPONSE + timestamp)

    def command(self, name: str, transaction: float, *values: amf.Value, stream_id: int = 0) -> bytes:
        payload = amf.encode(name, transaction, *values)
        return self._writer.write(_COMMAND_CHUNK_STREAM, COMMAND, stream_id, payload)

    def status(self, stream_id: int, level: str, code: str, description: str) -> bytes:
        """``onStatus`` of a stream."""
        return self.command("onStatus", 0, None, status(level, code, description), stream_id=stream_id)

    def _control(self, message_type: int, payload: bytes) -> bytes:
        return self._writer.write(_CONTROL_CHUNK_STREAM, message_type, 0, payload)


def status(level: str, code: str, description: str) -> dict[str, amf.Value]:
    """The information object of ``onStatus``, ``_result`` and ``_error``."""
    return {"level": level, "code": code, "description": description}
