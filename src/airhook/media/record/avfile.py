"""Files that FFmpeg's muxers write: MP4, HLS, ADTS (AAC) and MP3. Packets are copied."""

import os
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av

from airhook.media.record.tracks import Frame, Tracks

MS = Fraction(1, 1000)
PLAYLIST = "playlist.m3u8"
SEGMENT_PATTERN = "segment-%06d.ts"
PART = ".tmp"  # behind the name of a segment or a playlist that FFmpeg has not completed
WRITE = 2  # FFmpeg's AVIO_FLAG_WRITE
SEGMENT_BYTES = 64 << 20  # of an HLS: FFmpeg holds a segment in memory until the key frame that ends it
FRAGMENT_BYTES = 16 << 20  # of an MP4, likewise
FRAGMENT_US = 4_000_000  # at most this is lost of a stream without key frames when the process dies

HOLDS = {
    "mp4": (
        frozenset({"h264", "hevc", "av1", "vp9"}),
        frozenset({"aac", "mp3", "opus", "flac", "ac3", "eac3"}),
    ),
    "hls": (frozenset({"h264", "hevc"}), frozenset({"aac", "mp3", "ac3", "eac3"})),
    "aac": (frozenset(), frozenset({"aac"})),
    "mp3": (frozenset(), frozenset({"mp3"})),
}
"""Codecs of video and audio that a format's files can hold; FLV holds whatever came in FLV."""

_MUXERS = {"mp4": "mp4", "aac": "adts", "mp3": "mp3"}


class _Output:
    """A file that a muxer writes. The first error stays known, since not every muxer looks for one."""

    def __init__(self, path: str | Path) -> None:
        self.error: OSError | None = None
        self.path = Path(path)
        self._file = self.path.open("wb", buffering=0)
        self._is_abandoned = False

    def write(self, data: bytes) -> int:
        left = memoryview(data)
        try:
            while left and self.error is None and not self._is_abandoned:
                left = left[self._file.write(left) :]
        except OSError as error:
            self.error = error
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def abandon(self) -> None:
        """Write no more: the trailer that a muxer insists on would spoil a broken MP4."""
        self._is_abandoned = True

    @property
    def is_closed(self) -> bool:
        return self._file.closed

    def close(self, *, sync: bool = False) -> None:
        if not self._file.closed:
            with self._file:
                if sync:
                    os.fsync(self._file.fileno())


class AvWriter:
    """One output of a muxer. ``goes_on``: HLS, continuing the playlist that is there, after a break.

    What a death loses: the fragment of an MP4 or the segment of an HLS that is not complete yet, for FFmpeg holds it.

    Raises ``OSError``, ``ValueError`` and PyAV's errors from every method.
    """

    def __init__(
        self,
        form: str,
        path: Path,
        tracks: Tracks,
        start_ms: int,
        *,
        segment_s: float = 4.0,
        goes_on: bool = False,
    ) -> None:
        self._start_ms = start_ms
        self._held_bytes = 0  # of an HLS
        self._is_hls = form == "hls"
        self._files: list[_Output] = []  # that are open, or were not looked at
        options = {"protocol_whitelist": "file", **_options(form, path, segment_s, goes_on=goes_on)}
        if form == "hls":
            path.mkdir(exist_ok=True)
            self._out: Any = av.open(
                str(path / PLAYLIST), "w", format="hls", options=options, io_open=self._open
            )
        else:
            self._out = av.open(self._open(path), "w", format=_MUXERS[form], options=options)
        videos, audios = HOLDS[form]
        self._streams = {
            True: self._copy(tracks.video) if tracks.video_codec in videos else None,
            False: self._copy(tracks.audio) if tracks.audio_codec in audios else None,
        }
        # So that what FFmpeg refuses is known before anything is told of a file.
        self._out.start_encoding()
        self._check()

    def _open(self, path: str | Path, flags: int = WRITE, _options: object = None) -> _Output | BinaryIO:
        """FFmpeg opens the files of an HLS one after the other; the playlist that goes on it reads first."""
        if not flags & WRITE:
            return Path(path).open("rb")
        self._held_bytes = 0
        self._files.append(_Output(path))
        return self._files[-1]

    def _check(self) -> None:
        for file in self._files:
            if file.error is not None:
                raise file.error
        self._files = [file for file in self._files if not file.is_closed]

    def _copy(self, template: Any) -> Any:
        stream = self._out.add_stream_from_template(template)
        stream.time_base = MS
        return stream

    def write(self, frame: Frame) -> None:
        stream = self._streams[frame.video]
        if stream is None:
            return
        packet = av.Packet(bytes(frame.tag.body[frame.offset :]))
        packet.dts = frame.dts - self._start_ms
        packet.pts = frame.pts - self._start_ms
        packet.time_base = MS
        packet.stream = stream
        packet.is_keyframe = frame.key or not frame.video
        self._held_bytes += packet.size
        self._out.mux_one(packet)
        self._check()

    @property
    def is_full(self) -> bool:
        """It must end here, since a hostile stream would fill the memory otherwise."""
        return self._is_hls and self._held_bytes > SEGMENT_BYTES

    def close(self, duration_ms: int) -> None:  # noqa: ARG002 - the muxers know it
        try:
            self._out.close()
        finally:
            for file in self._files:
                file.close(
                    sync=True
                )  # FFmpeg closes those of an HLS: their playlist is written anew, and synced then
        self._check()

    def abandon(self) -> None:
        for file in self._files:
            file.abandon()
        self._out.close()
        for file in self._files:
            file.close()
            if file.error is not None and file.path.suffix == PART:  # half a segment, or half a playlist
                for name in (file.path, file.path.with_suffix("")):
                    name.unlink(missing_ok=True)


def _options(form: str, folder: Path, segment_s: float, *, goes_on: bool) -> dict[str, str]:
    if form == "mp4":
        # Fragments while it grows, so that it plays whenever the process dies; an ordinary MP4 once it is closed.
        return {
            "movflags": "hybrid_fragmented+frag_keyframe",
            "frag_duration": str(FRAGMENT_US),
            "frag_size": str(FRAGMENT_BYTES),
            "flush_packets": "1",
        }
    if form == "hls":
        flags = ["temp_file", *(["append_list", "discont_start"] if goes_on else [])]
        return {
            "hls_time": f"{segment_s:g}",
            "hls_list_size": "0",
            "hls_playlist_type": "event",
            "hls_flags": "+".join(flags),
            "hls_segment_filename": str(folder / SEGMENT_PATTERN),
        }
    return {"flush_packets": "1"}  # sound is little: no buffer may hold seconds of it back
