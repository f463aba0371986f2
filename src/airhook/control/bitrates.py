"""What the streams of this process carried over the last hour: a measure of each every ten seconds, in memory.

A restart forgets them. A stream that is lost or has ended counts as nothing for ten minutes, then it is forgotten.
"""

import asyncio
from array import array
from collections.abc import Callable, Mapping

import msgspec

from airhook.core.clock import Clock
from airhook.core.push_ports import PushMeasure

SAMPLE_S = 10
KEPT = 360  # samples of each stream: an hour
MOST_BPS = 2**32 - 1
SILENT = 60  # samples without a connection, after which a stream is forgotten


class BitratePoint(msgspec.Struct, frozen=True):
    """``at`` in UNIX seconds; rates in kbit/s."""

    at: int
    video: float
    audio: float


class _Series:
    """Bits a second of video and audio in turn, oldest first: eight bytes a sample, since there may be thousands."""

    def __init__(self) -> None:
        self.rates = array("I")
        self.silent = 0

    def add(self, measure: PushMeasure | None) -> None:
        self.silent = 0 if measure else self.silent + 1
        rates = (measure.video_bps, measure.audio_bps) if measure else (0, 0)
        self.rates.extend(min(rate, MOST_BPS) for rate in rates)
        del self.rates[: -2 * KEPT]


class Bitrates:
    def __init__(self, measures: Callable[[], Mapping[int, PushMeasure]], clock: Clock) -> None:
        self._measures = measures
        self._clock = clock
        self._series: dict[int, _Series] = {}
        self._last_s = 0

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(SAMPLE_S)

    def look(self) -> None:
        """Take one sample of every stream."""
        now = self._measures()
        self._last_s = self._clock.now_ms() // 1000
        for session_id in now:
            self._series.setdefault(session_id, _Series())
        for session_id, series in list(self._series.items()):
            series.add(now.get(session_id))
            if series.silent >= SILENT:
                del self._series[session_id]

    def knows(self, session_id: int) -> bool:
        return session_id in self._series

    def points(self, session_id: int) -> list[BitratePoint]:
        """Oldest first; empty for a stream that this process does not know."""
        series = self._series.get(session_id)
        if series is None:
            return []
        pairs = list(zip(series.rates[::2], series.rates[1::2], strict=True))
        first_s = self._last_s - (len(pairs) - 1) * SAMPLE_S
        return [
            BitratePoint(first_s + n * SAMPLE_S, video / 1000, audio / 1000)
            for n, (video, audio) in enumerate(pairs)
        ]
