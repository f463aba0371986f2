"""From a key frame's tag to a picture in memory. Nothing but the one frame is decoded, and nothing is opened."""

from typing import Any

import av
from av.codec.context import CodecContext

from airhook.core import flv
from airhook.core.flv import Tag

MAX_PIXELS = 7680 * 4320

_DECODERS = {
    "h264": "h264",
    "hevc": "hevc",
    "av1": "libdav1d",
    "vp9": "vp9",
    "vp8": "vp8",
    "flv1": "flv",
    "vp6f": "vp6f",
}
_HEADER_BYTES = 5  # of a tag with a codec's configuration, in the old and in the enhanced form


class DecodeError(Exception):
    """The frame cannot be decoded; the text says why."""


def decode_key(header: Tag | None, key: Tag) -> Any:
    """The ``av.VideoFrame`` in ``key``; ``header`` is the codec's configuration, if the stream has one.

    Raises ``DecodeError`` and ``MemoryError``.
    """
    coded = flv.coded_video(key.body)
    if coded is None or not coded.key:
        raise DecodeError("the tag holds no key frame")
    name = _DECODERS.get(coded.codec)
    if name is None:
        raise DecodeError(f"no decoder for {coded.codec}")
    try:
        return _decode(name, header, bytes(key.body[coded.offset :]))
    except MemoryError:  # FFmpeg's too: the worker is at its limit, and no picture will come any more
        raise
    except (av.error.FFmpegError, ValueError) as error:
        raise DecodeError(f"{coded.codec}: {error}") from error


def _decode(name: str, header: Tag | None, data: bytes) -> Any:
    context: Any = CodecContext.create(name, "r")
    context.thread_count = 1
    context.options = {"max_pixels": str(MAX_PIXELS)}
    if header is not None and len(header.body) > _HEADER_BYTES:
        context.extradata = bytes(header.body[_HEADER_BYTES:])
    frames = context.decode(av.Packet(data)) + context.decode(None)
    if not frames:
        raise DecodeError(f"{name} gave no picture")
    return frames[0]
