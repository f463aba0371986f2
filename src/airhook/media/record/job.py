"""The record job: a stream's tags become packets on a timeline, and go to every format's files.

Nothing is written before it is known what the stream consists of: codec headers and a first packet of each kind that
the metadata promises, or what came within ``PRELUDE_MS``. A change of that (codec, resolution, a kind that begins
later) cuts the files, since no container holds two configurations everywhere.
"""

import logging
import time
from collections import deque
from typing import NamedTuple

from airhook.core import flv
from airhook.core.flv import Tag
from airhook.media import jobs
from airhook.media.protocol import RecordSpec
from airhook.media.record.checks import Checks
from airhook.media.record.faults import (
    AUDIO_DROPPED,
    CODEC_CHANGED,
    PULL_FAILED,
    RESOLUTION_CHANGED,
    VIDEO_DROPPED,
    FaultBook,
)
from airhook.media.record.names import digits
from airhook.media.record.recording import Recording
from airhook.media.record.timeline import Timeline
from airhook.media.record.tracks import Frame, Tracks

PRELUDE_MS = 1500  # of the stream; then it begins with what is there
PRELUDE_FRAMES, PRELUDE_BYTES = 1000, 16 << 20  # kept at most
MAX_CHANGES = 10  # of the codec's settings in ``CHANGES_S``; each of them is a file of every format
CHANGES_S = 10.0

log = logging.getLogger("airhook.media")


class _Promise(NamedTuple):
    """What the metadata says is coming."""

    video: bool
    audio: bool


class RecordJob:
    key_every_s: float | None = None

    def __init__(self, context: jobs.Context, spec: RecordSpec) -> None:
        self._context = context
        self._faults = FaultBook(self._new_id, context.report)
        self._recordings = [Recording(context, one, spec, self._faults) for one in spec.formats]
        self._timeline = Timeline()
        self._checks = Checks()
        self._tracks: Tracks | None = None
        self._headers: dict[int, Tag] = {}
        self._promise: _Promise | None = None
        self._prelude: list[Frame] = []
        self._prelude_bytes = 0
        self._has_input = False
        self._size: tuple[int, int] | None = None  # before the change
        self._changes: deque[float] = deque(maxlen=MAX_CHANGES)  # when
        self._deaf_until = 0.0
        self._unknown: set[bool] = set()  # kinds of which FFmpeg makes nothing

    # --- what the feed calls ---

    def begin_input(self) -> None:
        self._has_input = True
        self._unknown.clear()
        self._timeline.interrupt()
        self._checks = Checks()

    def take(self, tag: Tag) -> None:
        if tag.type == flv.SCRIPT:
            self._take_script(tag.body)
        elif (tag.type == flv.VIDEO and flv.is_video_header(tag.body)) or (
            tag.type == flv.AUDIO and flv.is_audio_header(tag.body)
        ):
            self._take_header(tag)
        elif (frame := self._frame(tag)) is not None:
            self._take_frame(frame)

    def end_input(self, why: str = "") -> None:
        self._has_input = False
        if why:
            self._tell(PULL_FAILED, why)
        if self._tracks is None and self._prelude:
            self._start()
        for recording in self._recordings:
            recording.end_input()
        self._forget_stream()
        self._faults.tell()

    def tick(self) -> None:
        self._faults.tick()
        for recording in self._recordings:
            recording.tick()

    def finish(self) -> None:
        self._has_input = False
        for recording in self._recordings:
            recording.finish()
        self._faults.tell()

    @property
    def over(self) -> bool:
        return not self._has_input and all(recording.idle for recording in self._recordings)

    # --- from tags to frames ---

    def _frame(self, tag: Tag) -> Frame | None:
        video = tag.type == flv.VIDEO
        coded = flv.coded_video(tag.body) if video else flv.coded_audio(tag.body)
        if coded is None or video in self._unknown:
            return None
        placed = self._timeline.place(tag.timestamp, video=video)
        if placed.fault and self._tracks is not None:
            self._tell(placed.fault)
        for odd in self._checks.look(placed.ms, video=video, key=coded.key):
            self._tell(odd.fault, odd.detail, odd.occurs)
        return Frame(tag, video, coded.codec, coded.key, coded.offset, placed.ms, placed.ms + coded.shift_ms)

    def _take_script(self, body: bytes | bytearray) -> None:
        self._promise = _promise(body) or self._promise
        for fault, dropped in zip((VIDEO_DROPPED, AUDIO_DROPPED), flv.dropped_in(body), strict=True):
            if dropped:
                self._tell(fault, "the worker lagged", dropped)

    def _take_header(self, tag: Tag) -> None:
        known = self._headers.get(tag.type)
        self._headers[tag.type] = tag
        if self._tracks is not None and (known is None or bytes(known.body) != bytes(tag.body)):
            self._change()

    def _take_frame(self, frame: Frame) -> None:
        if self._tracks is None:
            if time.monotonic() < self._deaf_until:
                return
            self._prelude.append(frame)
            self._prelude_bytes += len(frame.tag.body)
            if self._is_known(frame):
                self._start()
            return
        if (self._tracks.video if frame.video else self._tracks.audio) is None:
            self._change()
            self._take_frame(frame)
            return
        self._write(frame)

    def _write(self, frame: Frame) -> None:
        assert self._tracks is not None
        headers = list(self._headers.values())
        for recording in self._recordings:
            recording.write(frame, self._tracks, headers)

    # --- what the stream consists of ---

    def _is_known(self, newest: Frame) -> bool:
        kinds = {frame.video for frame in self._prelude if frame.key}
        promise = self._promise
        if promise is not None and kinds >= _kinds(promise) and kinds:
            return True
        waited_ms = newest.dts - self._prelude[0].dts
        is_much = len(self._prelude) >= PRELUDE_FRAMES or self._prelude_bytes >= PRELUDE_BYTES
        return kinds == {True, False} or waited_ms >= PRELUDE_MS or is_much

    def _start(self) -> None:
        prelude, self._prelude, self._prelude_bytes = self._prelude, [], 0
        first_key = next((n for n, frame in enumerate(prelude) if frame.video and frame.key), None)
        # Sound before the first key frame tells what the sound is, and is no part of the file.
        sound = next((frame for frame in prelude if not frame.video), None)
        if first_key is not None:
            prelude = prelude[first_key:]
        else:
            prelude = [frame for frame in prelude if not frame.video]  # pictures that nothing can be made of
        firsts = [prelude[0] if first_key is not None else None, sound]
        known = [frame for frame in firsts if frame is not None]
        if not known:
            return
        self._tracks = Tracks(list(self._headers.values()), known)
        self._compare({frame.video for frame in known})
        for frame in prelude:
            if frame.video not in self._unknown:
                self._take_frame(frame)

    def _compare(self, kinds: set[bool]) -> None:
        assert self._tracks is not None
        known = {True: self._tracks.video, False: self._tracks.audio}
        self._unknown = {kind for kind in kinds if known[kind] is None}
        size = (self._tracks.width, self._tracks.height)
        if self._size not in (None, size):
            self._tell(RESOLUTION_CHANGED, f"{size[0]}x{size[1]}")
        self._size = size

    def _change(self) -> None:
        """What the stream consists of is not what the files were begun with."""
        now = time.monotonic()
        self._changes.append(now)
        if len(self._changes) == MAX_CHANGES and now - self._changes[0] < CHANGES_S:
            self._deaf_until = now + CHANGES_S
            self._changes.clear()
            log.warning("a stream changes its codec again and again; it is not recorded for %g s", CHANGES_S)
        for recording in self._recordings:
            recording.cut()
        self._tell(CODEC_CHANGED)
        self._forget_stream()

    def _forget_stream(self) -> None:
        self._prelude.clear()
        self._prelude_bytes = 0
        if self._tracks is not None:
            self._tracks.close()
            self._tracks = None

    def _tell(self, fault: int, detail: str = "", occurs: int = 1) -> None:
        """A fault of the stream, and so of every format."""
        for recording in self._recordings:
            self._faults.add(fault, recording.format, detail, occurs)

    def _new_id(self, *parts: str) -> str:
        return digits(self._context.task.id, *parts)


def _kinds(promise: _Promise) -> set[bool]:
    return {kind for kind, there in ((True, promise.video), (False, promise.audio)) if there}


def _promise(script: bytes | bytearray) -> _Promise | None:
    """What ``onMetaData`` names; encoders leave out the codec of what they do not send. None: it says nothing."""
    video, audio = b"videocodecid" in script, b"audiocodecid" in script
    return _Promise(video, audio) if video or audio else None
