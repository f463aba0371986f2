"""One format of a recording: its files one after the other, and what is told of them (contract 2.3, 2.4).

::

    idle --first packets--> writing --interval, codec change--> next file
      ^                        |  |
      |                        |  +--write failed--> resting (until ``RETRY_S`` is over) --> writing
      +---- input ended -------+--(HLS that may go on)--> paused --> writing, or ended
"""

import contextlib
import logging
import time
from pathlib import Path
from typing import Protocol

import av
import msgspec

from airhook.core.flv import Tag
from airhook.media import jobs, spool
from airhook.media.protocol import FileReport, FormatSpec, RecordFormat, RecordSpec, StatusReport
from airhook.media.record import hlsfile
from airhook.media.record.faults import NO_AUDIO, NO_VIDEO, WRITE_FAILED, FaultBook
from airhook.media.record.names import digits
from airhook.media.record.tracks import Frame, Tracks
from airhook.media.spool import LIVE_SUFFIX

RETRY_S = 5.0  # after a file could not be written; then ever longer
LONGEST_RETRY_S = 60.0
FAILURES = (OSError, ValueError, av.FFmpegError)  # of writers

log = logging.getLogger("airhook.media")


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is being written."""

    id: str
    path: str
    format: RecordFormat
    start_us: int  # wall clock, microseconds
    media_start_ms: int
    video_codec: str
    width: int
    height: int


class Writer(Protocol):
    @property
    def is_full(self) -> bool: ...
    def write(self, frame: Frame) -> None: ...
    def close(self, duration_ms: int) -> None: ...
    def abandon(self) -> None:
        """Let go of the file as it is: what is in it is to be repaired."""
        ...


class Recording:
    def __init__(
        self, context: jobs.Context, spec: FormatSpec, all_of: RecordSpec, faults: FaultBook
    ) -> None:
        self.format: RecordFormat = spec.format
        self._context = context
        self._interval_ms = spec.interval_s * 1000 if spec.format != "hls" else float("inf")
        self._continue_s = spec.continue_s if spec.format == "hls" else 0.0
        self._segment_s = all_of.segment_s
        self._faults = faults
        self._writer: Writer | None = None
        self._live: Live | None = None
        self._files = 0
        self._statuses = 0
        self._started = False  # record_start_succeeded was told
        self._first_ms = 0  # of this file, on the timeline
        self._end_ms = 0
        self._step_ms = {True: 0, False: 0}  # between the last two packets of a kind
        self._last_ms = {True: -1, False: -1}
        self._earlier_ms = 0  # of media before a break, in an HLS
        self._resting_until = 0.0
        self._failures = 0  # in a row
        self._paused_until: float | None = None
        self._refused = False  # the stream holds nothing for this format
        self._broken: list[Live] = []  # files that could not be made whole yet

    @property
    def idle(self) -> bool:
        """Nothing is under way, and nothing is waited for."""
        return self._writer is None and self._paused_until is None

    # --- what the job calls ---

    def write(self, frame: Frame, tracks: Tracks, headers: list[Tag]) -> None:
        """Take a packet; one that may begin a file begins one when it is time."""
        if self._writer is not None and frame.key and self._is_long_enough(frame, tracks):
            self.cut()
        if self._writer is None and not self._begin(frame, tracks, headers):
            return
        assert self._writer is not None
        self._measure(frame)
        try:
            self._writer.write(frame)
        except FAILURES as error:
            self._fail(error)
            return
        if self._writer.is_full:
            self.cut()

    def cut(self) -> None:
        """This file ends here; the next packet that may begin one begins the next. An HLS goes on in its playlist."""
        if self._writer is None:
            return
        if self.format == "hls":
            self._close_writer()
        else:
            self._complete()

    def end_input(self) -> None:
        if self._writer is not None and self._continue_s > 0:
            self._close_writer()
            if self._live is not None:
                self._paused_until = time.monotonic() + self._continue_s
                self._tell("record_paused")
            return
        self.finish()

    def tick(self) -> None:
        if self._broken and time.monotonic() >= self._resting_until:
            self._resting_until = time.monotonic() + self._rest_s()
            broken, self._broken = self._broken, []
            for live in broken:
                self._save(live)
        if self._paused_until is not None and time.monotonic() >= self._paused_until:
            self.finish()

    def finish(self) -> None:
        self._paused_until = None
        self._complete()
        self._refused = False
        if self._started:
            self._started = False
            self._tell("record_ended")

    # --- files ---

    def _is_long_enough(self, frame: Frame, tracks: Tracks) -> bool:
        starts = frame.video or tracks.video is None or self.format in ("aac", "mp3")
        return starts and frame.dts - self._first_ms >= self._interval_ms

    def _begin(self, frame: Frame, tracks: Tracks, headers: list[Tag]) -> bool:
        if not self._may_begin(frame, tracks):
            return False
        goes_on = self._live is not None  # an HLS after a break
        live = self._live or self._new_file(frame, tracks)
        path = self._context.folder / live.path
        try:
            if not goes_on:
                spool.write_whole(_beside(path), msgspec.json.encode(live))
            self._writer = self._open(path, tracks, headers, frame.dts, goes_on=goes_on)
        except FAILURES as error:
            self._live = live
            self._fail(error)
            return False
        self._live = live
        self._first_ms = self._end_ms = frame.dts
        self._last_ms = {True: -1, False: -1}
        self._tell_begin()
        return True

    def _may_begin(self, frame: Frame, tracks: Tracks) -> bool:
        if not frame.key or self._refused or time.monotonic() < self._resting_until:
            return False
        if self._failures and not self._context.has_room():
            self._resting_until = time.monotonic() + RETRY_S
            return False
        if self._suits(tracks):
            sound_only = self.format in ("aac", "mp3")
            return not frame.video if sound_only else frame.video or tracks.video is None
        self._refused = True
        self._faults.add(NO_AUDIO if self.format in ("aac", "mp3") else NO_VIDEO, self.format)
        self._tell("record_start_failed")
        return False

    def _suits(self, tracks: Tracks) -> bool:
        """Whether the stream has anything that this format holds."""
        if self.format == "flv":
            return True
        from airhook.media.record.avfile import HOLDS

        videos, audios = HOLDS[self.format]
        if tracks.video is not None and videos and tracks.video_codec not in videos:
            return False  # a film without its picture is none
        return tracks.video_codec in videos or tracks.audio_codec in audios

    def _new_file(self, frame: Frame, tracks: Tracks) -> Live:
        self._files += 1
        self._earlier_ms = 0
        name = f"{self.format}-{self._files:06}"
        return Live(
            id=digits(self._context.task.id, self.format, str(self._files)),
            path=name if self.format == "hls" else f"{name}.{self.format}",
            format=self.format,
            start_us=time.time_ns() // 1000,
            media_start_ms=frame.tag.timestamp,
            video_codec=tracks.video_codec if self.format not in ("aac", "mp3") else "",
            width=tracks.width,
            height=tracks.height,
        )

    def _open(
        self, path: Path, tracks: Tracks, headers: list[Tag], start_ms: int, *, goes_on: bool
    ) -> Writer:
        if self.format == "flv":
            from airhook.media.record.flvfile import FlvWriter

            return FlvWriter(path, tracks, headers, start_ms)
        from airhook.media.record.avfile import AvWriter

        return AvWriter(self.format, path, tracks, start_ms, segment_s=self._segment_s, goes_on=goes_on)

    def _measure(self, frame: Frame) -> None:
        last_ms = self._last_ms[frame.video]
        if last_ms >= 0:
            self._step_ms[frame.video] = frame.dts - last_ms
        self._last_ms[frame.video] = frame.dts
        self._end_ms = max(self._end_ms, frame.dts + self._step_ms[frame.video])

    def _close_writer(self) -> bool:
        writer, self._writer = self._writer, None
        if writer is None:
            return True
        duration_ms = self._end_ms - self._first_ms
        self._earlier_ms += duration_ms
        try:
            writer.close(duration_ms)
        except FAILURES as error:
            self._fail(error)
            return False
        return True

    def _complete(self) -> None:
        """The file is whole: tell of it."""
        if not self._close_writer():
            return
        try:
            if self.format == "hls" and self._live is not None:
                hlsfile.finish(self._context.folder / self._live.path)
            self._report_file()
        except FAILURES as error:
            self._fail(error)

    def _report_file(self) -> None:
        live = self._live
        if live is None:
            return
        end_us = time.time_ns() // 1000
        report = report_of(self._context.folder, live, end_us, self._earlier_ms)
        self._live = None
        self._failures = 0
        self._context.report(report, instead_of=_beside(self._context.folder / live.path))

    def _fail(self, error: Exception) -> None:
        """Give this file up, but not what is in it; begin anew after a rest."""
        if isinstance(
            error, MemoryError
        ):  # FFmpeg's too: the worker is at its limit, and the disk at fault for nothing
            raise error
        log.warning("a recording cannot be written: %s", error, extra={"format": self.format})
        self._faults.add(WRITE_FAILED, self.format, str(error))
        self._failures += 1
        self._resting_until = time.monotonic() + self._rest_s()
        writer, self._writer = self._writer, None
        if writer is not None:
            with contextlib.suppress(*FAILURES):
                writer.abandon()
        live, self._live = self._live, None
        if live is not None:
            self._save(live)
        if self._started:
            self._started = False
            self._tell("record_error")
        elif self._failures == 1:
            self._tell("record_start_failed")

    def _rest_s(self) -> float:
        return min(RETRY_S * 2.0 ** max(0, self._failures - 1), LONGEST_RETRY_S)

    def _save(self, live: Live) -> None:
        """What was written before the failure plays, too.

        When even that fails it is tried again, and in the end by a recovery of the folder.
        """
        from airhook.media.record.repair import repair_file

        beside = _beside(self._context.folder / live.path)
        try:
            repaired = repair_file(self._context.folder, live)
        except FAILURES as error:
            log.warning("a broken recording waits for its repair: %s", error)
            self._broken.append(live)
            return
        if repaired is not None:
            self._context.report(repaired, instead_of=beside)
        else:
            beside.unlink(missing_ok=True)

    # --- what is told ---

    def _tell_begin(self) -> None:
        if self._paused_until is not None:
            self._paused_until = None
            self._tell("record_resumed")
        elif not self._started:
            self._started = True
            self._tell("record_start_succeeded")

    def _tell(self, event: str) -> None:
        self._statuses += 1
        told = msgspec.convert(
            {
                "id": digits(self._context.task.id, self.format, event, str(self._statuses)),
                "event": event,
                "format": self.format,
                "at_ms": time.time_ns() // 1_000_000,
            },
            StatusReport,
        )
        self._context.report(told)


def report_of(
    folder: Path, live: Live, end_us: int, duration_ms: int, *, recovered: bool = False
) -> FileReport:
    """What is told of a file that lies whole in ``folder``. Raises ``OSError``."""
    return FileReport(
        id=live.id,
        path=live.path,
        entry="playlist.m3u8" if live.format == "hls" else "",
        format=live.format,
        start_ms=live.start_us // 1000,
        start_us=live.start_us % 1000,
        end_ms=end_us // 1000,
        end_us=end_us % 1000,
        duration_ms=duration_ms,
        bytes=jobs.size_of(folder / live.path),
        media_start_ms=live.media_start_ms,
        video_codec=live.video_codec,
        width=live.width,
        height=live.height,
        recovered=recovered,
    )


def _beside(path: Path) -> Path:
    return path.with_name(path.name + LIVE_SUFFIX)
