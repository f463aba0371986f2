"""Faults of a recording, gathered: one kind is told once a minute at most, with how often it occurred (contract 2.9)."""

import time
from collections.abc import Callable
from typing import Literal

from airhook.media.protocol import FaultReport, RecordFormat, Report

GATHER_S = 60.0

WRITE_FAILED = -104
RESOLUTION_CHANGED = -100
CODEC_CHANGED = -120
VIDEO_DROPPED, AUDIO_DROPPED = -130, -131
PULL_FAILED = -16
NO_AUDIO, NO_VIDEO = -17, -18

Level = Literal["info", "warning", "error"]

TEXTS: dict[int, tuple[Level, str]] = {
    -8: ("warning", "audio timestamp jump"),
    -9: ("warning", "video timestamp jump"),
    -10: ("warning", "audio and video far apart"),
    -11: ("warning", "video timestamp illegal"),
    -22: ("warning", "audio timestamp does not change"),
    -23: ("warning", "video timestamp does not change"),
    -24: ("warning", "audio timestamp illegal"),
    PULL_FAILED: ("error", "pull failed"),
    NO_AUDIO: ("error", "no audio that the file can hold"),
    NO_VIDEO: ("error", "no video that the file can hold"),
    RESOLUTION_CHANGED: ("info", "resolution changed"),
    WRITE_FAILED: ("error", "write frame to container failed"),
    CODEC_CHANGED: ("info", "file cut because the codec changed"),
    VIDEO_DROPPED: ("warning", "video frames dropped"),
    AUDIO_DROPPED: ("warning", "audio frames dropped"),
    -132: ("warning", "GOP length abnormal"),
    -200: ("info", "audio timestamps uneven"),
    -201: ("info", "video timestamps uneven"),
}


class FaultBook:
    def __init__(self, new_id: Callable[..., str], report: Callable[[Report], None]) -> None:
        self._new_id = new_id
        self._report = report
        self._counts: dict[tuple[int, RecordFormat], int] = {}
        self._details: dict[tuple[int, RecordFormat], str] = {}
        self._since: float | None = None
        self._told = 0

    def add(self, fault: int, form: RecordFormat, detail: str = "", occurs: int = 1) -> None:
        self._counts[fault, form] = self._counts.get((fault, form), 0) + occurs
        if detail:
            self._details[fault, form] = detail
        if self._since is None:
            self._since = time.monotonic()

    def tick(self) -> None:
        if self._since is not None and time.monotonic() - self._since >= GATHER_S:
            self.tell()

    def tell(self) -> None:
        counts, self._counts, self._since = self._counts, {}, None
        for (fault, form), occurs in counts.items():
            level, text = TEXTS[fault]
            detail = self._details.pop((fault, form), "")
            self._told += 1
            self._report(
                FaultReport(
                    id=self._new_id("fault", str(fault), form, str(self._told)),
                    fault=fault,
                    level=level,
                    occurs=occurs,
                    text=f"{text}: {detail}" if detail else text,
                    format=form,
                    at_ms=time.time_ns() // 1_000_000,
                )
            )
