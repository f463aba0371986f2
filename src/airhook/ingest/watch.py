"""What is wrong with a push while it goes on, by the kinds of event 321 (contract 2.8).

Every message costs a few comparisons. What was seen is told in batches: at most one of a kind in ``AGAIN_S``; what
comes of it meanwhile is counted in the next.
"""

from collections.abc import Callable

import msgspec

from airhook.core import flv
from airhook.core.facts.push import Abnormality, Occurrence
from airhook.ingest.chunks import Message
from airhook.ingest.messages import AUDIO, VIDEO

INTERVAL_S = 5.0  # between looks
AGAIN_S = 60.0  # until the same kind is told again
MAX_DETAILS = 10

JUMP_MS = 1000
APART_MS = 200  # between two audio frames: the contract names no figure; no usual codec's frame lasts so long
LARGE_CHUNK_BYTES = 8192
VIDEO_GAP_S, AUDIO_GAP_S = 3.0, 1.0
LONG_GOP_MS = 10_000
LOW_SHARE = 0.5  # of the frame rate that is expected

VIDEO_BACK, AUDIO_BACK, VIDEO_JUMP, AUDIO_JUMP = 1, 2, 3, 4
LARGE_CHUNKS, AUDIO_APART = 5, 12
VIDEO_GAP, AUDIO_GAP, VIDEO_CODEC, AUDIO_CODEC = 6, 7, 8, 9
VIDEO_EARLY, AUDIO_EARLY, UNCOMMON, BAD_HEADER, LOW_RATE, LONG_GOP = 10, 11, 13, 14, 15, 16

_ENHANCED_VIDEO, _ENHANCED_AUDIO, _AAC = 0x80, 9, 10
_COMMAND_FRAME = 5
_COMMON = frozenset({"video 7", "video 12", "video avc1", "video hvc1", "audio 10", "audio mp4a", "audio 2"})
_BACK = 1 << 31  # a step of so much, modulo 2**32, goes back

Told = Callable[[list[Abnormality]], None]


class Seen(msgspec.Struct):
    """One kind since it was told last."""

    count: int = 0
    detail: list[Occurrence] = msgspec.field(default_factory=list)
    told: float | None = None


class _Kind:
    """Audio or video: what came last, and the numbers of its exceptions."""

    __slots__ = (
        "back", "changed", "codec", "early", "gap", "gap_s", "has_header", "heard", "jump", "name", "promised", "silent",
        "stamp",
    )  # fmt: skip

    def __init__(self, name: str, gap_s: float, numbers: tuple[int, int, int, int, int], now: float) -> None:
        self.name = name
        self.gap_s = gap_s
        self.back, self.jump, self.gap, self.changed, self.early = numbers
        self.codec: int | bytes | None = None
        self.has_header = False
        self.stamp: int | None = None
        self.heard = now
        self.promised = False  # the metadata says that it comes
        self.silent = False  # its gap is counted already


class Watch:
    """Give it every message of one push, in order. ``now`` is monotonic seconds, ``at_ms`` the wall clock."""

    def __init__(self, now: float, told: Told) -> None:
        self._told = told
        self._video = _Kind(
            "video", VIDEO_GAP_S, (VIDEO_BACK, VIDEO_JUMP, VIDEO_GAP, VIDEO_CODEC, VIDEO_EARLY), now
        )
        self._audio = _Kind(
            "audio", AUDIO_GAP_S, (AUDIO_BACK, AUDIO_JUMP, AUDIO_GAP, AUDIO_CODEC, AUDIO_EARLY), now
        )
        self._seen: dict[int, Seen] = {}
        self._look_at = now + INTERVAL_S
        self._looked = now
        self._frames = 0  # since then
        self._expected = 0.0  # frames a second
        self._announced = 0.0
        self._key_stamp: int | None = None
        self._chunk_bytes = 0

    def take(self, message: Message, now: float, at_ms: int, chunk_bytes: int = 0) -> None:
        """``chunk_bytes``: of the sender's chunks; 0 when it is not known."""
        body = message.payload
        if chunk_bytes != self._chunk_bytes:
            self._chunk_bytes = chunk_bytes
            if chunk_bytes > LARGE_CHUNK_BYTES:
                self._note(LARGE_CHUNKS, f"chunk size {chunk_bytes} bigger than {LARGE_CHUNK_BYTES}", at_ms)
        if message.type == VIDEO and body:
            self._take_video(body, message.timestamp, now, at_ms)
        elif message.type == AUDIO and body:
            self._take_audio(body, message.timestamp, now, at_ms)
        if now >= self._look_at:
            self._look(now, at_ms)

    def announce(self, frame_rate: int, *, video: bool = False, audio: bool = False) -> None:
        """What the metadata says: frames a second (0 is nothing), and which kinds come."""
        self._announced = float(frame_rate)
        self._video.promised, self._audio.promised = video, audio

    def bad_header(self, at_ms: int) -> None:
        self._note(BAD_HEADER, "video header cannot be parsed", at_ms)

    def end(self, now: float) -> None:
        """The push is over: tell what may be told."""
        self._tell(now)

    def _take_video(self, body: bytes | bytearray, stamp: int, now: float, at_ms: int) -> None:
        kind, first = self._video, body[0]
        frame_type = first >> 4 & 7
        if frame_type == _COMMAND_FRAME:
            return
        codec = bytes(body[1:5]) if first & _ENHANCED_VIDEO else first & 0x0F
        if codec != kind.codec:
            self._change(kind, codec, at_ms)
        if flv.is_video_header(body):
            kind.has_header = True
            return
        if not kind.has_header and (codec in (7, 12) or first & _ENHANCED_VIDEO):
            self._note(VIDEO_EARLY, "video frame before any codec header", at_ms)
        self._step(kind, stamp, now, at_ms)
        self._frames += 1
        if frame_type == 1:
            self._key_stamp = stamp
        elif self._key_stamp is not None and stamp - self._key_stamp > LONG_GOP_MS:
            self._note(LONG_GOP, f"no key frame for {stamp - self._key_stamp}(msec)", at_ms)
            self._key_stamp = None  # once for each

    def _take_audio(self, body: bytes | bytearray, stamp: int, now: float, at_ms: int) -> None:
        kind, first = self._audio, body[0] >> 4
        codec = bytes(body[1:5]) if first == _ENHANCED_AUDIO else first
        if codec != kind.codec:
            self._change(kind, codec, at_ms)
        if flv.is_audio_header(body):
            kind.has_header = True
            return
        if not kind.has_header and first in (_AAC, _ENHANCED_AUDIO):
            self._note(AUDIO_EARLY, "audio frame before any codec header", at_ms)
        self._step(kind, stamp, now, at_ms)

    def _step(self, kind: _Kind, stamp: int, now: float, at_ms: int) -> None:
        """From the frame before to this one: in the stream's time, and in ours."""
        if kind.stamp is not None:
            step = (stamp - kind.stamp) & 0xFFFFFFFF
            if step >= _BACK:
                text = f"{kind.name} timestamp goes back, last={kind.stamp}, now={stamp}(msec)"
                self._note(kind.back, text, at_ms)
            elif step > JUMP_MS:
                self._note(kind.jump, f"{kind.name} timestamp jumps, interval={step}(msec)", at_ms)
            elif step > APART_MS and kind is self._audio:
                self._note(AUDIO_APART, f"audio frames far apart, interval={step}(msec)", at_ms)
            if now - kind.heard > kind.gap_s and not kind.silent:
                self._note_gap(kind, now, at_ms)
        kind.stamp, kind.heard, kind.silent = stamp, now, False

    def _change(self, kind: _Kind, codec: int | bytes, at_ms: int) -> None:
        name = f"{kind.name} {codec.decode('latin-1') if isinstance(codec, bytes) else codec}"
        if kind.codec is not None:
            self._note(kind.changed, f"{kind.name} codec changed, now {name}", at_ms)
            kind.has_header = False
        if name not in _COMMON:
            self._note(UNCOMMON, f"uncommon codec, {name}", at_ms)
        kind.codec = codec

    def _note_gap(self, kind: _Kind, now: float, at_ms: int) -> None:
        ms = round((now - kind.heard) * 1000)
        self._note(kind.gap, f"{kind.name} frame arrive interval too long, interval={ms}(msec)", at_ms)

    def _note(self, number: int, text: str, at_ms: int) -> None:
        seen = self._seen.get(number)
        if seen is None:
            seen = self._seen[number] = Seen()
        seen.count += 1
        if len(seen.detail) < MAX_DETAILS:
            seen.detail.append(Occurrence(desc=text, occur_time=at_ms))

    def _look(self, now: float, at_ms: int) -> None:
        for kind in (self._video, self._audio):
            is_there = kind.stamp is not None or kind.promised
            if is_there and not kind.silent and now - kind.heard > kind.gap_s:
                self._note_gap(kind, now, at_ms)
                kind.silent = True
        self._judge_rate(now, at_ms)
        self._tell(now)
        self._look_at = now + INTERVAL_S
        self._looked, self._frames = now, 0

    def _judge_rate(self, now: float, at_ms: int) -> None:
        """A stream without any video is another matter: a gap, or none that it ever promised."""
        rate = self._frames / (now - self._looked)
        expected = self._announced or self._expected
        if self._frames and rate < LOW_SHARE * expected:
            text = f"video frame rate too low, fps={rate:.1f}, expected={expected:.1f}"
            self._note(LOW_RATE, text, at_ms)
        self._expected = max(self._expected, rate)

    def _tell(self, now: float) -> None:
        due = [
            (number, seen)
            for number, seen in sorted(self._seen.items())
            if seen.count and (seen.told is None or now - seen.told >= AGAIN_S)
        ]
        if not due:
            return
        self._told([Abnormality(type=number, count=seen.count, detail=seen.detail) for number, seen in due])
        for number, _ in due:
            self._seen[number] = Seen(told=now)
