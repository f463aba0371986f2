"""The machine's clocks, moved ahead by hand: due times come at once instead of after a minute."""

from airhook.core.clock import SystemClock


class MovedClock(SystemClock):
    """Both clocks run; ``advance`` moves both."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead_s = 0.0

    def advance(self, seconds: float) -> None:
        self.offset_ms += round(seconds * 1000)
        self._ahead_s += seconds

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead_s
