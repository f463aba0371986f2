"""When a pull that broke is begun again, and when one whose push is over has had its time for what was still to come."""

from urllib.parse import urlsplit

import msgspec

from airhook.core.clock import Clock
from airhook.core.streams import StreamKey

FIRST_PAUSE_S = 1.0  # a stop is told soon after its media have ended
LONGEST_PAUSE_S = 60.0
TRUST_S = 30.0  # of a pull, after which it is no failure that it ends
DRAIN_S = 1.0
DRAIN_HLS_S = 20.0  # players are some segments behind

Place = tuple[StreamKey, str]


class _Pause(msgspec.Struct):
    began: float  # of the last pull
    pause_s: float = 0.0
    until: float = 0.0


class PullPauses:
    """By stream and slot. Times are seconds of the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pauses: dict[Place, _Pause] = {}
        self._drains: dict[str, float] = {}  # until when, by the workers' key

    def begun(self, place: Place) -> None:
        now = self._clock.monotonic()
        self._pauses.setdefault(place, _Pause(began=now)).began = now

    def ended(self, place: Place) -> None:
        """It ended although its push goes on."""
        now = self._clock.monotonic()
        pause = self._pauses.setdefault(place, _Pause(began=now))
        lasted = now - pause.began >= TRUST_S
        pause.pause_s = FIRST_PAUSE_S if lasted else min(LONGEST_PAUSE_S, pause.pause_s * 2 or FIRST_PAUSE_S)
        pause.until = now + pause.pause_s

    def may_begin(self, place: Place) -> bool:
        pause = self._pauses.get(place)
        return pause is None or pause.until <= self._clock.monotonic()

    def forget(self, key: StreamKey) -> None:
        """The push is over."""
        self._pauses = {place: one for place, one in self._pauses.items() if place[0] != key}

    def drain(self, task: str, url: str) -> None:
        """Its push is over: what is on the way may still come."""
        is_hls = urlsplit(url).path.endswith(".m3u8")
        self._drains[task] = self._clock.monotonic() + (DRAIN_HLS_S if is_hls else DRAIN_S)

    def keep(self, task: str) -> None:
        """It is over, or its push is back."""
        self._drains.pop(task, None)

    def drained(self) -> list[str]:
        """Whose time is over now; each is named once."""
        now = self._clock.monotonic()
        over = [task for task, until in self._drains.items() if until <= now]
        for task in over:
            del self._drains[task]
        return over
