"""Files that FFmpeg's muxers write: MP4, HLS, ADTS (AAC) and MP3. Packets are copied."""

import contextlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from airhook.media.record.tracks import Frame, Tracks

MS = Fraction(1, 1000)
PLAYLIST = "playlist.m3u8"
SEGMENT_PATTERN = "segment-%06d.ts"
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

_MUXERS = {"mp4": "mp4", "hls": "hls", "aac": "adts", "mp3": "mp3"}


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
        if form == "hls":
            path.mkdir(exist_ok=True)
            path /= PLAYLIST
        self._path = path
        self._out: Any = av.open(
            str(path),
            "w",
            format=_MUXERS[form],
            options={"protocol_whitelist": "file", **_options(form, path, segment_s, goes_on=goes_on)},
        )
        videos, audios = HOLDS[form]
        self._streams = {
            True: self._copy(tracks.video) if tracks.video_codec in videos else None,
            False: self._copy(tracks.audio) if tracks.audio_codec in audios else None,
        }
        # So that what FFmpeg refuses is known before anything is told of a file.
        self._out.start_encoding()

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
        self._out.mux_one(packet)

    def close(self, duration_ms: int) -> None:  # noqa: ARG002 - the muxers know it
        self._out.close()
        with contextlib.suppress(FileNotFoundError):
            sync(self._path)


def _options(form: str, path: Path, segment_s: float, *, goes_on: bool) -> dict[str, str]:
    if form == "mp4":
        # Fragments while it grows, so that it plays whenever the process dies; an ordinary MP4 once it is closed.
        return {
            "movflags": "hybrid_fragmented+frag_keyframe",
            "frag_duration": str(FRAGMENT_US),
            "flush_packets": "1",
        }
    if form == "hls":
        flags = ["temp_file", *(["append_list", "discont_start"] if goes_on else [])]
        return {
            "hls_time": f"{segment_s:g}",
            "hls_list_size": "0",
            "hls_playlist_type": "event",
            "hls_flags": "+".join(flags),
            "hls_segment_filename": str(path.parent / SEGMENT_PATTERN),
        }
    return {"flush_packets": "1"}  # sound is little: no buffer may hold seconds of it back


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
