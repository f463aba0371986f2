"""RTMP written out byte by byte, right or wrong as a test needs it. Nothing here uses the code under test."""

import struct
from collections.abc import Sequence

AUDIO, VIDEO, DATA, COMMAND = 8, 9, 18, 20
SET_CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT, USER_CONTROL, WINDOW_SIZE = 1, 2, 3, 4, 5

HANDSHAKE = b"\3" + bytes(1536) + bytes(1536)  # C0, C1, C2

# 320 x 240, H.264 baseline: an FLV video tag with its avcC record, as x264 writes it.
AVC_HEADER = bytes.fromhex(
    "17000000000142c00cffe100166742c00cda0507ec0440000003004000000783c50aa801000468ce0fc8"
)
AVC_FRAME = b"\x27\x01\0\0\0" + bytes(range(200))
AAC_FRAME = b"\xaf\x01" + bytes(90)


def basic_header(chunk_type: int, csid: int) -> bytes:
    if csid < 64:
        return bytes([chunk_type << 6 | csid])
    if csid < 320:
        return bytes([chunk_type << 6, csid - 64])
    return bytes([chunk_type << 6 | 1]) + struct.pack("<H", csid - 64)


def header(
    chunk_type: int, csid: int, timestamp: int = 0, length: int = 0, message_type: int = 0, stream_id: int = 0
) -> bytes:
    """A chunk header of any type; ``timestamp`` is a step for types 1 and 2."""
    short = struct.pack(">I", min(timestamp, 0xFFFFFF))[1:]
    fields = short + struct.pack(">I", length)[1:] + bytes([message_type]) + struct.pack("<I", stream_id)
    extended = struct.pack(">I", timestamp) if timestamp >= 0xFFFFFF and chunk_type < 3 else b""
    return basic_header(chunk_type, csid) + fields[: (11, 7, 3, 0)[chunk_type]] + extended


def chunks(
    message_type: int,
    payload: bytes,
    *,
    csid: int = 4,
    stream_id: int = 1,
    timestamp: int = 0,
    chunk_bytes: int = 128,
    repeat_extended: bool = True,
) -> list[bytes]:
    """The chunks of one message, which a test may interleave with others."""
    first = header(0, csid, timestamp, len(payload), message_type, stream_id)
    next_header = basic_header(3, csid)
    if timestamp >= 0xFFFFFF and repeat_extended:
        next_header += struct.pack(">I", timestamp)
    pieces = [payload[at : at + chunk_bytes] for at in range(0, len(payload), chunk_bytes)] or [b""]
    return [first + pieces[0], *(next_header + piece for piece in pieces[1:])]


def message(
    message_type: int,
    payload: bytes,
    *,
    csid: int = 4,
    stream_id: int = 1,
    timestamp: int = 0,
    chunk_bytes: int = 128,
) -> bytes:
    return b"".join(
        chunks(
            message_type,
            payload,
            csid=csid,
            stream_id=stream_id,
            timestamp=timestamp,
            chunk_bytes=chunk_bytes,
        )
    )


def control(message_type: int, value: int) -> bytes:
    return message(message_type, struct.pack(">I", value), csid=2, stream_id=0)


def number(value: float) -> bytes:
    return b"\0" + struct.pack(">d", value)


def text(value: str) -> bytes:
    return b"\2" + key(value)


def key(value: str) -> bytes:
    return struct.pack(">H", len(value.encode())) + value.encode()


def amf_object(entries: dict[str, str | float]) -> bytes:
    return b"\3" + _entries(entries)


def ecma_array(entries: dict[str, str | float]) -> bytes:
    return b"\x08" + struct.pack(">I", len(entries)) + _entries(entries)


def command(
    name: str, transaction: float, *values: bytes, stream_id: int = 0, chunk_bytes: int = 128
) -> bytes:
    payload = text(name) + number(transaction) + b"".join(values)
    return message(COMMAND, payload, csid=3, stream_id=stream_id, chunk_bytes=chunk_bytes)


def connect(app: str = "live", tc_url: str = "rtmp://push.example.com/live") -> bytes:
    return command("connect", 1, amf_object({"app": app, "type": "nonprivate", "tcUrl": tc_url}))


def publish(name: str = "room1", stream_id: int = 1) -> bytes:
    return command("publish", 5, NULL, text(name), text("live"), stream_id=stream_id)


def goodbye(name: str, stream: str = "room1") -> bytes:
    """A command that ends a push: ``FCUnpublish``, ``deleteStream`` or ``closeStream``."""
    return command(name, 6, NULL, text(stream))


def metadata(entries: dict[str, str | float]) -> bytes:
    return message(DATA, text("@setDataFrame") + text("onMetaData") + ecma_array(entries))


def session(
    name: str = "room1", frames: int = 3, farewell: Sequence[str] = ("FCUnpublish", "deleteStream")
) -> bytes:
    """Everything an encoder sends from its first byte to its last, after the handshake."""
    setup = [
        connect(),
        command("releaseStream", 2, NULL, text(name)),
        command("FCPublish", 3, NULL, text(name)),
        command("createStream", 4, NULL),
        publish(name),
        metadata({"width": 320.0, "height": 240.0, "encoder": "test"}),
        message(VIDEO, AVC_HEADER),
    ]
    media = [
        message(VIDEO, AVC_FRAME, timestamp=at * 40) + message(AUDIO, AAC_FRAME, csid=5)
        for at in range(frames)
    ]
    goodbyes = [goodbye(word, name) for word in farewell]
    return b"".join([*setup, *media, *goodbyes])


NULL = b"\5"


def _entries(entries: dict[str, str | float]) -> bytes:
    values = (
        (name, text(value) if isinstance(value, str) else number(value)) for name, value in entries.items()
    )
    return b"".join(key(name) + value for name, value in values) + b"\0\0\x09"
