"""How late it is at least: by this time, what is old is given up, dropped or forgotten.

The wall clock may be ahead by days: before the machine has asked for the time, or for good. What ends by its age would end
at once, and no later correction brings it back. So a clock that is suddenly ahead of what is known is believed only after it
has stood by that for ``DOUBT_S``; until then time goes on from what is known, by the monotonic clock. After a long rest that
is merely late: what is old ends an hour after the start.
"""

import threading

from airhook.core.clock import Clock

DOUBT_S = 3600.0
JUMP_MS = 60_000  # clocks that are set right bit by bit, and short stops, are below


class BelievedTime:
    """A ``Clock`` whose wall time is never ahead of the wall clock's. On any thread.

    ``known_ms`` is a time that has been before, as far as anybody knows: what was believed last.
    """

    def __init__(self, clock: Clock, known_ms: int | None = None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        now_ms, now = clock.now_ms(), clock.monotonic()
        self._known_ms, self._known_at = now_ms if known_ms is None else known_ms, now
        # What the wall clock would say now if it had not jumped since the last look.
        self._wall_ms = self._known_ms
        self._looked_at = self._stands_since = now

    def now_ms(self) -> int:
        with self._lock:
            return self._look()[0]

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def ahead_ms(self) -> int:
        """By how much the wall clock is ahead of what is believed; 0 when it is believed."""
        with self._lock:
            believed_ms, wall_ms = self._look()
            return wall_ms - believed_ms

    def _look(self) -> tuple[int, int]:
        """What is believed, and what the wall clock says."""
        wall_ms, now = self._clock.now_ms(), self._clock.monotonic()
        if abs(wall_ms - self._wall_ms - (now - self._looked_at) * 1000) > JUMP_MS:
            self._stands_since = now
        self._wall_ms, self._looked_at = wall_ms, now
        went_on_ms = self._known_ms + round((now - self._known_at) * 1000)
        if wall_ms - went_on_ms > JUMP_MS and now - self._stands_since < DOUBT_S:
            return went_on_ms, wall_ms
        self._known_ms, self._known_at = wall_ms, now
        return wall_ms, wall_ms
