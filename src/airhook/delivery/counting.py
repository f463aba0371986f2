"""What the engine has done since its start, in plain numbers: the hot way pays an addition, whoever asks does the rest."""

from airhook.core.deliveries import ErrorClass, ExhaustReason, Outcome
from airhook.core.stats import TOOK_MS, Histogram


class Counting:
    """Belongs to the engine's thread; reading from others may lag by one."""

    __slots__ = ("delivered", "errors", "exhausted", "took")

    def __init__(self) -> None:
        self.delivered = 0
        self.errors = dict.fromkeys(ErrorClass, 0)
        self.exhausted = dict.fromkeys(ExhaustReason, 0)
        self.took = Histogram(TOOK_MS)

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    @property
    def attempts(self) -> int:
        return self.delivered + self.failed

    def attempted(self, outcome: Outcome) -> None:
        made = outcome.attempt
        if made is None:
            return
        self.took.observe(made.timings.total_ms)
        if made.error is None:
            self.delivered += 1
        else:
            self.errors[made.error] += 1
