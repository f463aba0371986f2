"""FLV: tags as bytes, and what a tag says of itself.

An RTMP message's payload is a tag's body, so that recording needs no codec. Sources: Video File Format Specification
10.1 (annex E), Enhanced RTMP v2 (FourCC codecs).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

AUDIO = 8
VIDEO = 9
SCRIPT = 18

TAG_HEADER_BYTES = 11
TRAILER_BYTES = 4  # the size of the tag before, behind each tag
FILE_HEADER_BYTES = 9
MAX_TAG_BYTES = 1 << 24

_ENHANCED = 0x80
_KEY_FRAME = 1
_COMMAND_FRAME = 5
_SEQUENCE_START, _CODED_FRAMES, _SEQUENCE_END, _CODED_FRAMES_X = 0, 1, 2, 3
_AAC = 10
_ENHANCED_AUDIO = 9

_VIDEO_CODECS = {2: "flv1", 4: "vp6f", 7: "h264", 12: "hevc"}
_AUDIO_CODECS = {2: "mp3", 10: "aac", 14: "mp3"}
_FOURCC = {
    b"avc1": "h264",
    b"hvc1": "hevc",
    b"av01": "av1",
    b"vp09": "vp9",
    b"vp08": "vp8",
    b"mp4a": "aac",
    b".mp3": "mp3",
    b"Opus": "opus",
    b"fLaC": "flac",
    b"ac-3": "ac3",
    b"ec-3": "eac3",
}


class Tag(NamedTuple):
    type: int
    timestamp: int  # milliseconds modulo 2**32
    body: bytes | bytearray


def file_header(*, audio: bool = True, video: bool = True) -> bytes:
    """With the size of the tag before the first, which is 0."""
    return b"FLV\x01" + bytes([audio << 2 | video]) + b"\0\0\0\x09\0\0\0\0"


def tag_header(kind: int, length: int, timestamp: int) -> bytes:
    return (
        (kind << 24 | length).to_bytes(4, "big")
        + (timestamp & 0xFFFFFF).to_bytes(3, "big")
        + bytes([timestamp >> 24 & 0xFF, 0, 0, 0])
    )


def tag_bytes(kind: int, timestamp: int, body: bytes | bytearray) -> bytes:
    """A whole tag with its trailer."""
    length = len(body)
    return b"".join(
        (
            tag_header(kind, length, timestamp),
            body,
            (length + TAG_HEADER_BYTES).to_bytes(TRAILER_BYTES, "big"),
        )
    )


class TagReader:
    """From bytes, as they come, to tags; ``plain``: there is no file header at the front."""

    def __init__(self, *, plain: bool = False) -> None:
        self._data = bytearray()
        self._begun = plain

    def feed(self, data: bytes) -> Iterator[Tag]:
        """Raises ``ValueError`` when the bytes are no FLV; the reader is of no use afterwards."""
        self._data += data
        buffer, pos = self._data, 0
        if not self._begun:
            if len(buffer) < FILE_HEADER_BYTES + TRAILER_BYTES:
                return
            if buffer[:3] != b"FLV":
                raise ValueError("no FLV header")
            self._begun = True
            pos = int.from_bytes(buffer[5:9], "big") + TRAILER_BYTES
        end = len(buffer)
        try:
            while end - pos >= TAG_HEADER_BYTES:
                length = int.from_bytes(buffer[pos + 1 : pos + 4], "big")
                after = pos + TAG_HEADER_BYTES + length + TRAILER_BYTES
                if buffer[pos] not in (AUDIO, VIDEO, SCRIPT):
                    raise ValueError(f"a tag of type {buffer[pos]}")
                if after > end:
                    return
                timestamp = int.from_bytes(buffer[pos + 4 : pos + 7], "big") | buffer[pos + 7] << 24
                body = bytes(buffer[pos + TAG_HEADER_BYTES : after - TRAILER_BYTES])
                tag = Tag(buffer[pos], timestamp, body)
                pos = after
                yield tag
        finally:
            del buffer[:pos]


# --- what a tag says of itself ----------------------------------------------------------------------------------


def is_video_key(body: bytes | bytearray) -> bool:
    """A frame that can be decoded by itself (a sequence header is marked so, too)."""
    return len(body) > 1 and body[0] >> 4 & 7 == _KEY_FRAME


def is_video_header(body: bytes | bytearray) -> bool:
    """Whether a video tag carries its codec's configuration."""
    if len(body) < 5 or body[0] >> 4 & 7 == _COMMAND_FRAME:
        return False
    if body[0] & _ENHANCED:
        return body[0] & 0x0F == _SEQUENCE_START
    return body[0] & 0x0F in (7, 12) and body[1] == _SEQUENCE_START


def is_audio_header(body: bytes | bytearray) -> bool:
    if len(body) < 2:
        return False
    if body[0] >> 4 == _ENHANCED_AUDIO:
        return body[0] & 0x0F == _SEQUENCE_START
    return body[0] >> 4 == _AAC and body[1] == 0


_DROPPED = b"\x02\x00\x10onAirhookDropped\x00"  # an AMF0 text, and the mark of a number behind it


class Dropped(NamedTuple):
    """Tags that were left out."""

    video: int
    audio: int


_NONE_DROPPED = Dropped(0, 0)
_MOST_DROPPED = 1 << 31
_NUMBERS = struct.Struct(">dxd")  # of AMF0, each behind its mark (the first one's ends ``_DROPPED``)


def dropped_body(video: int, audio: int) -> bytes:
    """The body of a script tag that tells: so many tags before this one were left out. Other readers skip it."""
    return _DROPPED + _NUMBERS.pack(video, audio)


def dropped_in(script: bytes | bytearray) -> Dropped:
    """How many tags a script tag says were left out."""
    if script[: len(_DROPPED)] != _DROPPED or len(script) != len(_DROPPED) + _NUMBERS.size:
        return _NONE_DROPPED
    video, audio = _NUMBERS.unpack_from(script, len(_DROPPED))
    sensible = 0 <= video < _MOST_DROPPED and 0 <= audio < _MOST_DROPPED  # and no NaN
    return Dropped(int(video), int(audio)) if sensible else _NONE_DROPPED


def is_dropped_mark(script: bytes | bytearray) -> bool:
    """Whether it is one of ``dropped_body``: a publisher's own would be a lie."""
    return script[: len(_DROPPED)] == _DROPPED


class Coded(NamedTuple):
    """Where a tag's packet lies."""

    codec: str
    key: bool
    offset: int  # of the packet within the body
    shift_ms: int  # from decoding to presentation


def coded_video(body: bytes | bytearray) -> Coded | None:
    """None for a tag that holds no packet: a header, an end mark, metadata, or what we do not know."""
    if len(body) < 5:
        return None
    key = body[0] >> 4 & 7 == _KEY_FRAME
    if not body[0] & _ENHANCED:
        codec = _VIDEO_CODECS.get(body[0] & 0x0F)
        if codec in ("h264", "hevc"):
            return Coded(codec, key, 5, _signed24(body, 2)) if body[1] == 1 else None
        return Coded(codec, key, 1, 0) if codec else None
    codec, kind = _FOURCC.get(bytes(body[1:5])), body[0] & 0x0F
    if codec is None or kind not in (_CODED_FRAMES, _CODED_FRAMES_X):
        return None
    if codec in ("h264", "hevc") and kind == _CODED_FRAMES:
        return Coded(codec, key, 8, _signed24(body, 5)) if len(body) > 8 else None
    return Coded(codec, key, 5, 0)


def coded_audio(body: bytes | bytearray) -> Coded | None:
    if len(body) < 2:
        return None
    if body[0] >> 4 == _ENHANCED_AUDIO:
        codec = _FOURCC.get(bytes(body[1:5]))
        return Coded(codec, True, 5, 0) if codec and body[0] & 0x0F == _CODED_FRAMES else None
    codec = _AUDIO_CODECS.get(body[0] >> 4)
    if codec == "aac":
        return Coded(codec, True, 2, 0) if body[1] == 1 else None
    return Coded(codec, True, 1, 0) if codec else None


def _signed24(body: bytes | bytearray, at: int) -> int:
    return int.from_bytes(body[at : at + 3], "big", signed=True)
