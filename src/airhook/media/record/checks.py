"""What is odd about the packets of a stream that is recorded, beside single timestamps (``timeline``): contract 2.9.

The contract names these exceptions and no thresholds; those here are Airhook's.
"""

from collections.abc import Iterator
from statistics import median_low
from typing import NamedTuple

APART_MS = 3000  # between the newest packets of audio and video
LONG_GOP_MS = 10_000
WINDOW = 100  # steps between packets of a kind, judged together
UNEVEN_SHARE = 0.1  # of them that differ from the usual step by half of it, and by ``UNEVEN_MS``
UNEVEN_MS = 20

APART, GOP = -10, -132
AUDIO_UNEVEN, VIDEO_UNEVEN = -200, -201


class Oddity(NamedTuple):
    fault: int
    detail: str
    occurs: int = 1


class Checks:
    """``look`` at every packet with its place on the timeline, in milliseconds."""

    def __init__(self) -> None:
        self._last: dict[bool, int | None] = {True: None, False: None}
        self._steps: dict[bool, list[int]] = {True: [], False: []}
        self._key_ms: int | None = None  # of the last key frame, until its group is found too long
        self._is_apart = False

    def look(self, ms: int, *, video: bool, key: bool) -> Iterator[Oddity]:
        last = self._last[video]
        self._last[video] = ms
        yield from self._distance()
        if video:
            yield from self._group(ms, key=key)
        if last is not None:
            self._steps[video].append(ms - last)
            if len(self._steps[video]) == WINDOW:
                yield from self._evenness(video=video)

    def _distance(self) -> Iterator[Oddity]:
        video, audio = self._last[True], self._last[False]
        if video is None or audio is None:
            return
        was_apart, self._is_apart = self._is_apart, abs(video - audio) > APART_MS
        if self._is_apart and not was_apart:
            ahead = "audio" if audio > video else "video"
            yield Oddity(APART, f"{ahead} is {abs(video - audio)} ms ahead")

    def _group(self, ms: int, *, key: bool) -> Iterator[Oddity]:
        if key:
            self._key_ms = ms
        elif self._key_ms is not None and ms - self._key_ms > LONG_GOP_MS:
            yield Oddity(GOP, f"no key frame for {ms - self._key_ms} ms")
            self._key_ms = None  # once for each

    def _evenness(self, *, video: bool) -> Iterator[Oddity]:
        steps, self._steps[video] = self._steps[video], []
        usual = median_low(steps)
        uneven = sum(abs(step - usual) > max(usual / 2, UNEVEN_MS) for step in steps)
        if uneven > UNEVEN_SHARE * len(steps):
            fault = VIDEO_UNEVEN if video else AUDIO_UNEVEN
            yield Oddity(fault, f"{uneven} of {len(steps)} steps are far from the usual {usual} ms", uneven)
