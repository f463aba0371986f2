"""What a connection carries: rates over the last seconds, codecs as they show in the tags, and what was announced.

Sources: Video File Format Specification 10.1, annexes E.4.2 and E.4.3 (FLV tags), E.5 (onMetaData); Enhanced RTMP v2
(FourCC codecs); ISO/IEC 14496-3, 1.6.2.1 (AudioSpecificConfig).
"""

import math
from collections.abc import Mapping

from airhook.core.push_ports import PushMeasure
from airhook.ingest import amf
from airhook.ingest.chunks import Message
from airhook.ingest.messages import AUDIO, VIDEO
from airhook.ingest.video import is_sequence_header

WINDOW_S = 5.0
SHORTEST_S = 0.5  # a rate over less says nothing
MOST = 2**31  # of an announced number that is believed

_VIDEO_CODECS = {2: "H263", 3: "SCREEN", 4: "VP6", 5: "VP6", 7: "H264", 12: "H265"}
_AUDIO_CODECS = {2: "MP3", 7: "G711A", 8: "G711U", 10: "AAC", 11: "SPEEX", 14: "MP3"}
_FOURCC = {
    b"avc1": "H264",
    b"hvc1": "H265",
    b"av01": "AV1",
    b"vp08": "VP8",
    b"vp09": "VP9",
    b"mp4a": "AAC",
    b"Opus": "OPUS",
    b".mp3": "MP3",
    b"ac-3": "AC3",
    b"ec-3": "EAC3",
    b"fLaC": "FLAC",
}
_AAC, _ENHANCED_AUDIO, _ENHANCED_VIDEO = 10, 9, 0x80
_FLV_RATES = (5512, 11025, 22050, 44100)
_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_RATE_FOLLOWS = 15

_KBIT = 1000  # onMetaData counts in kilobits


class _Window:
    __slots__ = ("audio_bytes", "audio_frames", "since", "video_bytes", "video_frames")

    def __init__(self, since: float) -> None:
        self.since = since
        self.video_frames = self.video_bytes = self.audio_frames = self.audio_bytes = 0


class Meter:
    """Two windows: a rate is taken over the one before and what has come since."""

    def __init__(self, now: float) -> None:
        self._last = self._current = _Window(now)
        self._video_codec = self._audio_codec = ""
        self._sample_rate = 0
        self._announced: dict[str, int] = {}

    def take(self, message: Message, now: float) -> None:
        """Count an audio or video message that came at ``now`` (monotonic seconds)."""
        window = self._window(now)
        if message.type == VIDEO and message.payload:
            window.video_bytes += len(message.payload)
            window.video_frames += not is_sequence_header(message.payload)
            self._video_codec = self._video_codec or _video_codec(message.payload)
        elif message.type == AUDIO and message.payload:
            window.audio_bytes += len(message.payload)
            window.audio_frames += 1
            self._audio_codec = self._audio_codec or _audio_codec(message.payload)
            self._sample_rate = self._sample_rate or _sample_rate(message.payload)

    def announce(self, metadata: Mapping[str, amf.Value]) -> None:
        """What ``onMetaData`` says of rates."""
        self._announced = {
            "meta_video_bps": _number(metadata.get("videodatarate"), _KBIT),
            "meta_audio_bps": _number(metadata.get("audiodatarate"), _KBIT),
            "meta_fps": _number(metadata.get("framerate") or metadata.get("videoframerate"), 1),
        }

    @property
    def announced_fps(self) -> int:
        return self._announced.get("meta_fps", 0)

    def measure(self, now: float) -> PushMeasure:
        current = self._window(now)
        windows = {self._last, current}
        seconds = now - self._last.since

        def rate(counted: str, times: int = 1) -> int:
            total = sum(getattr(window, counted) for window in windows) * times
            return round(total / seconds) if seconds >= SHORTEST_S else 0

        return PushMeasure(
            video_fps=rate("video_frames"),
            video_bps=rate("video_bytes", 8),
            audio_fps=rate("audio_frames"),
            audio_bps=rate("audio_bytes", 8),
            video_codec=self._video_codec,
            audio_codec=self._audio_codec,
            audio_sample_rate=self._sample_rate,
            **self._announced,
        )

    def _window(self, now: float) -> _Window:
        if now - self._current.since >= WINDOW_S:
            nothing_since = now - self._current.since >= 2 * WINDOW_S
            self._last = _Window(now - WINDOW_S) if nothing_since else self._current
            self._current = _Window(now)
        return self._current


def _video_codec(tag: bytes | bytearray) -> str:
    if tag[0] & _ENHANCED_VIDEO:
        return _FOURCC.get(bytes(tag[1:5]), "")
    return _VIDEO_CODECS.get(tag[0] & 0x0F, "")


def _audio_codec(tag: bytes | bytearray) -> str:
    kind = tag[0] >> 4
    return _FOURCC.get(bytes(tag[1:5]), "") if kind == _ENHANCED_AUDIO else _AUDIO_CODECS.get(kind, "")


def _sample_rate(tag: bytes | bytearray) -> int:
    """Hz, as an AAC header or the tag of an older codec tells it; 0 when this message does not."""
    kind = tag[0] >> 4
    if kind == _ENHANCED_AUDIO:
        return _aac_rate(tag[5:]) if bytes(tag[1:5]) == b"mp4a" and tag[0] & 0x0F == 0 else 0
    if kind == _AAC:
        return _aac_rate(tag[2:]) if len(tag) > 1 and tag[1] == 0 else 0
    return _FLV_RATES[tag[0] >> 2 & 3]


def _aac_rate(config: bytes | bytearray) -> int:
    """Of an AudioSpecificConfig: 5 bits of object type, then 4 of the rate's index, or 24 of the rate itself."""
    bits = int.from_bytes(config[:5].ljust(5, b"\0"), "big")
    index = bits >> 31 & 0x0F
    if len(config) < 2 or bits >> 35 == 31:  # an escaped object type: none that a live stream has
        return 0
    if index == _RATE_FOLLOWS:
        return bits >> 7 & 0xFFFFFF
    return _AAC_RATES[index] if index < len(_AAC_RATES) else 0


def _number(value: amf.Value, times: int) -> int:
    sensible = isinstance(value, float) and math.isfinite(value) and 0 <= value * times <= MOST
    return round(value * times) if sensible and isinstance(value, float) else 0
