"""What the engine has done since its start, in plain numbers: the hot way pays an addition, whoever asks does the rest."""

from airhook.core.deliveries import ErrorClass, ExhaustReason, Outcome


class Counting:
    """Belongs to the engine's thread; reading from others may lag by one."""

    __slots__ = ("delivered", "errors", "exhausted")

    def __init__(self) -> None:
        self.delivered = 0
        self.errors = dict.fromkeys(ErrorClass, 0)
        self.exhausted = dict.fromkeys(ExhaustReason, 0)

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
        if made.error is None:
            self.delivered += 1
        else:
            self.errors[made.error] += 1
