"""Time and chance are handed in, so that tests never sleep (design D14)."""

import random
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Wall time for facts and due times, monotonic time for durations and timers."""

    def now_ms(self) -> int:
        """Milliseconds since the UNIX epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...


class SystemClock:
    """The machine's clocks; ``offset_ms`` shifts the wall clock (fault tests move it)."""

    def __init__(self, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms

    def monotonic(self) -> float:
        return time.monotonic()


ID_LOW_BITS = 21


def ms_of_id(number: int) -> int:
    """When an id was drawn, as the wall clock was then."""
    return number >> ID_LOW_BITS


class IdMaker:
    """Positive 63-bit ids in order of time: 42 bits of milliseconds, then 21 bits that start at random in each
    millisecond and count up within it.

    Two nodes may draw ids in the same millisecond: the random start makes a collision rare, and the primary
    key makes it a failed commit that is tried again, never a mix-up.
    """

    def __init__(self, clock: Clock, randbits: Callable[[int], int] | None = None) -> None:
        self._clock = clock
        # Seeded by the system, and no system call for each number: ids are unique, not secret.
        self._randbits = randbits or random.Random().getrandbits  # noqa: S311
        self._last = 0
        self._lock = threading.Lock()

    def begin_after(self, last: int) -> None:
        """Draw only larger ids than ``last``, also when the wall clock was set back before this process began."""
        with self._lock:
            self._last = max(self._last, last)

    def __call__(self) -> int:
        with self._lock:
            now_ms = self._clock.now_ms()
            if now_ms > ms_of_id(self._last):
                self._last = (now_ms << ID_LOW_BITS) | self._randbits(ID_LOW_BITS - 1)
            else:
                self._last += 1
            return self._last
