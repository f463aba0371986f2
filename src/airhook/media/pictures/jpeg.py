"""From a frame to the bytes of a JPEG of the wanted size."""

from fractions import Fraction
from typing import Any, NamedTuple

from av.codec.context import CodecContext
from av.video.frame import VideoFrame

MAX_WIDTH, MAX_HEIGHT = 7680, 4320
QUALITY = 4  # of libavcodec's scale from 1 to 31: some 60 KB for 720p


class Picture(NamedTuple):
    data: bytes
    width: int
    height: int


def fitted(width: int, height: int, wanted_width: int, wanted_height: int) -> tuple[int, int]:
    """The size within ``wanted_width`` x ``wanted_height`` that has the frame's shape; 0 leaves that side free.

    >>> fitted(1280, 720, 640, 0)
    (640, 360)
    """
    ratios = [
        Fraction(wanted, now)
        for wanted, now in ((wanted_width, width), (wanted_height, height))
        if wanted > 0 and now > 0
    ]
    ratio = (
        min([*ratios, Fraction(MAX_WIDTH, width), Fraction(MAX_HEIGHT, height)]) if ratios else Fraction(1)
    )
    return max(2, round(width * ratio)), max(2, round(height * ratio))


def encode(frame: VideoFrame, wanted_width: int = 0, wanted_height: int = 0) -> Picture:
    """Raises ``av.error.FFmpegError`` and ``ValueError``."""
    width, height = fitted(frame.width, frame.height, wanted_width, wanted_height)
    scaled = frame.reformat(width=width, height=height, format="yuvj420p", interpolation="AREA")
    scaled.pts = None
    context: Any = CodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
    context.time_base = Fraction(1, 1)
    context.thread_count = 1
    context.options = {"flags": "qscale", "global_quality": str(QUALITY * 118)}  # 118: FF_QP2LAMBDA
    data = b"".join(bytes(packet) for packet in [*context.encode(scaled), *context.encode(None)])
    return Picture(data, width, height)
