"""What a stream consists of, found by FFmpeg from the codec headers and a first packet of each kind."""

import io
from typing import Any, NamedTuple

import av

from airhook.core import flv
from airhook.core.flv import Tag


class Frame(NamedTuple):
    """A packet, with its place on the recording's timeline (milliseconds)."""

    tag: Tag
    video: bool
    codec: str
    key: bool  # a file may begin here
    offset: int  # of the packet in the tag's body
    dts: int
    pts: int


class Tracks:
    """``video`` and ``audio`` are PyAV streams to copy the codec's parameters from; None when the stream lacks one."""

    def __init__(self, headers: list[Tag], firsts: list[Frame]) -> None:
        """Raises ``ValueError`` when FFmpeg makes nothing of it."""
        prelude = flv.file_header() + b"".join(
            flv.tag_bytes(tag.type, 0, tag.body) for tag in [*headers, *(frame.tag for frame in firsts)]
        )
        # From memory; and an FLV names no other place. No protocol is needed, so none is allowed.
        self._source = av.open(
            io.BytesIO(prelude),
            format="flv",
            options={"protocol_whitelist": "none"},
            metadata_errors="ignore",
        )
        kinds = {frame.video for frame in firsts}
        self.video: Any = next(iter(self._source.streams.video), None) if True in kinds else None
        self.audio: Any = next(iter(self._source.streams.audio), None) if False in kinds else None
        if self.video is None and self.audio is None:
            raise ValueError("there is neither video nor audio in it that FFmpeg knows")
        self.width, self.height = self._size()

    @property
    def video_codec(self) -> str:
        return _codec(self.video)

    @property
    def audio_codec(self) -> str:
        return _codec(self.audio)

    def _size(self) -> tuple[int, int]:
        if self.video is None:
            return 0, 0
        context = self.video.codec_context
        return int(context.width or 0), int(context.height or 0)

    def close(self) -> None:
        self._source.close()


def _codec(stream: Any) -> str:
    """The codec's own name: a context bears that of its decoder (``mp3float``, ``libdav1d``)."""
    return str(stream.codec_context.codec.canonical_name) if stream is not None else ""
