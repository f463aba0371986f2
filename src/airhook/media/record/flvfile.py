"""An FLV file: written tag by tag, and its header put right at the end, or after a death.

``onMetaData`` has a fixed layout, so that duration and size are written over in place.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from airhook.core import flv
from airhook.media.record.tracks import Frame, Tracks

BUFFER_BYTES = 64 * 1024  # at most this is lost when the process dies
_SCAN_BYTES = 1 << 20

_FIELDS = ("duration", "filesize", "lasttimestamp", "width", "height", "videocodecid", "audiocodecid")
_LEGACY_IDS = {"h264": 7.0, "hevc": 12.0, "flv1": 2.0, "aac": 10.0, "mp3": 2.0}


class Scan(NamedTuple):
    """What whole tags a file holds."""

    end: int  # of the last whole tag
    first_ms: int
    last_ms: int


class FlvWriter:
    """Raises ``OSError`` from every method."""

    is_full = False

    def __init__(self, path: Path, tracks: Tracks, headers: list[flv.Tag], start_ms: int) -> None:
        self._start_ms = start_ms
        self._last_ms = 0
        self._values = {
            "width": float(tracks.width),
            "height": float(tracks.height),
            "videocodecid": _LEGACY_IDS.get(tracks.video_codec, 0.0),
            "audiocodecid": _LEGACY_IDS.get(tracks.audio_codec, 0.0),
        }
        self._file: BinaryIO = path.open("wb", buffering=BUFFER_BYTES)
        self._file.write(
            flv.file_header(audio=tracks.audio is not None, video=tracks.video is not None)
            + flv.tag_bytes(flv.SCRIPT, 0, metadata(**self._values))
            + b"".join(flv.tag_bytes(tag.type, 0, tag.body) for tag in headers if tag.type != flv.SCRIPT)
        )

    def write(self, frame: Frame) -> None:
        self._last_ms = max(0, frame.dts - self._start_ms)
        self._file.write(flv.tag_bytes(frame.tag.type, self._last_ms, frame.tag.body))

    def close(self, duration_ms: int) -> None:
        file = self._file
        try:
            size = file.tell()
            _write_metadata(file, size, duration_ms, self._last_ms, self._values)
        finally:
            file.close()

    def abandon(self) -> None:
        self._file.close()


def metadata(**values: float) -> bytes:
    """``onMetaData`` with all of our fields, in their places."""
    body = b"\x02\x00\x0aonMetaData\x08" + len(_FIELDS).to_bytes(4, "big")
    for name in _FIELDS:
        body += (
            len(name).to_bytes(2, "big") + name.encode() + b"\0" + struct.pack(">d", values.get(name, 0.0))
        )
    return body + b"\0\0\x09"


def scan(path: Path) -> Scan:
    """Read the tags' headers up to the first that is not whole. Raises ``OSError``."""
    first_ms, last_ms = -1, 0
    with path.open("rb", buffering=_SCAN_BYTES) as file:
        size = os.fstat(file.fileno()).st_size
        end = pos = flv.FILE_HEADER_BYTES + flv.TRAILER_BYTES
        while pos + flv.TAG_HEADER_BYTES <= size:
            file.seek(pos)
            head = file.read(flv.TAG_HEADER_BYTES)
            pos += flv.TAG_HEADER_BYTES + int.from_bytes(head[1:4], "big") + flv.TRAILER_BYTES
            if pos > size or head[0] not in (flv.AUDIO, flv.VIDEO, flv.SCRIPT):
                break
            end = pos
            if head[0] != flv.SCRIPT:
                last_ms = int.from_bytes(head[4:7], "big") | head[7] << 24
                first_ms = last_ms if first_ms < 0 else first_ms
    return Scan(end, max(0, first_ms), last_ms)


def repair(path: Path, width: int, height: int) -> int:
    """Cut a file after its last whole tag and put its header right; gives its duration, in ms. Raises ``OSError``."""
    found = scan(path)
    os.truncate(path, found.end)
    with path.open("r+b") as file:
        start = flv.FILE_HEADER_BYTES + flv.TRAILER_BYTES + flv.TAG_HEADER_BYTES
        file.seek(start)
        known = _read_values(file.read(len(metadata())))
        known.update(width=float(width), height=float(height))
        _write_metadata(file, found.end, found.last_ms, found.last_ms, known)
    return found.last_ms


def _write_metadata(
    file: BinaryIO, size: int, duration_ms: int, last_ms: int, values: dict[str, float]
) -> None:
    file.seek(flv.FILE_HEADER_BYTES + flv.TRAILER_BYTES + flv.TAG_HEADER_BYTES)
    told = {
        **values,
        "duration": duration_ms / 1000,
        "filesize": float(size),
        "lasttimestamp": last_ms / 1000,
    }
    file.write(metadata(**told))
    file.flush()
    os.fsync(file.fileno())


def _read_values(raw: bytes) -> dict[str, float]:
    if len(raw) < len(metadata()):
        return {}
    values = {}
    pos = 18  # behind the name and the count of fields
    for name in _FIELDS:
        pos += 2 + len(name) + 1
        values[name] = struct.unpack_from(">d", raw, pos)[0]
        pos += 8
    return values
