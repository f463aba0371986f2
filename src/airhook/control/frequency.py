"""How often somebody does something: calls counted in windows of a second, which begin with their first call."""

from collections.abc import Hashable

from airhook.core.clock import Clock

WINDOW_S = 1.0
MAX_WINDOWS = 20_000


class Frequency:
    """Belongs to one thread. Counts for ``MAX_WINDOWS`` callers at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[Hashable, tuple[float, int]] = {}

    def count(self, who: Hashable) -> int:
        """Count a call; how many ``who`` has made in this second, it included."""
        now = self._clock.monotonic()
        since, calls = self._windows.get(who, (now, 0))
        if now - since >= WINDOW_S:
            since, calls = now, 0
        if len(self._windows) >= MAX_WINDOWS:
            self._forget(now)
        self._windows[who] = (since, calls + 1)
        return calls + 1

    def _forget(self, now: float) -> None:
        """Let go of seconds that are over; when none is, of all: it is kinder than to let the memory grow."""
        self._windows = {who: window for who, window in self._windows.items() if now - window[0] < WINDOW_S}
        if len(self._windows) >= MAX_WINDOWS:
            self._windows.clear()
