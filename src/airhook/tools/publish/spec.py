"""What the publisher and its child process say to each other: a JSON object each way."""

from typing import Literal

import msgspec

SAMPLE_RATE = 44_100  # Hz
STOP = b"stop\n"
"""Asks the child to end its push properly. When its input ends without this, it dies as by ``kill -9``."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown. Sizes are even numbers of pixels; ``bitrate`` is kbit/s.

    ``scene``: FFmpeg's moving test picture, or the blobs that make the audit's detector answer high.
    """

    width: int = 640
    height: int = 360
    fps: int = 15
    bitrate: int = 800
    scene: Literal["test", "blobs"] = "test"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    picture: Picture
    duration_s: float | None  # None: until asked to stop


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``state`` is ``started`` (the server let it in), ``sending`` (twice a second), ``ended`` or ``failed``."""

    state: str
    seconds: float = 0  # of stream sent
    bytes: int = 0
    reason: str = ""
