"""How a destination is doing, and what it may therefore take (design D5): a pure state machine.

::

    healthy --- open 3 s ---> slow --- good answer, none hanging ---> healthy
       |                        |
       +--- failures in a row --+--> failing: circuit open --- one probe answered ---> healthy, slow start

A circuit delays, it never spends attempts. Statuses answered fast and wrong lower the budget and open no circuit:
the receiver is there, it only refuses. Times are monotonic seconds.
"""

import enum

from airhook.core.destinations import HealthState

START_BUDGET = 2  # requests at a time, for a destination that nobody knows yet
TROUBLED_BUDGET = 8
MAX_BUDGET = 64
SLOW_AFTER_S = 3.0
HESITATES_AFTER_S = 0.5  # without a success yet: no longer new, and no second request beside the first
FAILURES_TO_OPEN = 3  # in a row: time-outs, DNS, connect, TLS
FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 30.0


class Share(enum.IntEnum):
    """Which part of the node's open requests a destination draws from (``budgets``, which counts by these numbers)."""

    PROVEN = 0
    NEW = 1  # without a success yet
    TROUBLED = 2


class Health:
    """One destination's. ``budget`` is how many of its requests may be open now."""

    __slots__ = (
        "_failures",
        "_hanging",
        "_hesitating",
        "_pause_s",
        "_slow",
        "budget",
        "probe_at",
        "probing",
        "proven",
    )

    def __init__(self) -> None:
        self.budget = START_BUDGET
        self.proven = False  # has had a success
        self.probe_at: float | None = None  # circuit open: the next probe may go then
        self.probing = False
        self._failures = 0
        self._hanging = 0  # open requests older than SLOW_AFTER_S
        self._hesitating = 0  # open requests older than HESITATES_AFTER_S, begun before the first success
        self._slow = False
        self._pause_s = FIRST_PAUSE_S

    def restore(self, state: HealthState, now: float) -> None:
        """Take up a state from before a restart: a failing destination is probed before it gets more."""
        if state is HealthState.FAILING:
            self.probe_at = now
        elif state is HealthState.SLOW:
            self._slow = True

    @property
    def state(self) -> HealthState:
        if self.probe_at is not None:
            return HealthState.FAILING
        return HealthState.SLOW if self._slow else HealthState.HEALTHY

    @property
    def share(self) -> Share:
        if self._slow or self.probe_at is not None:
            return Share.TROUBLED
        if self.proven:
            return Share.PROVEN
        return Share.TROUBLED if self._hesitating else Share.NEW

    def may_start(self, open_requests: int, now: float) -> bool:
        if self.probe_at is not None:
            return not self.probing and now >= self.probe_at
        if self._hesitating and not self.proven:
            return open_requests == 0
        return open_requests < self.budget

    def started(self) -> bool:
        """Whether this request is the probe of an open circuit: say so again when it is over."""
        self.probing = self.probe_at is not None
        return self.probing

    def hesitates(self) -> None:
        """A request of a destination without success has been open for ``HESITATES_AFTER_S``."""
        self._hesitating += 1

    def came(self) -> None:
        """A request that ``hesitates`` was called for is over."""
        self._hesitating -= 1

    def hangs(self) -> None:
        """One of its requests has just been open for ``SLOW_AFTER_S``."""
        self._hanging += 1
        self._slow = True
        self.budget = min(self.budget, TROUBLED_BUDGET)

    def succeeded(self, *, hung: bool) -> None:
        """The right status came. ``hung``: ``hangs`` was called for this request."""
        self._answered(hung=hung)
        self.proven = True
        if not hung and self._hanging == 0:
            self._slow = False
        self.budget = min(self.budget + 1, TROUBLED_BUDGET if self._slow else MAX_BUDGET)

    def refused(self, *, hung: bool) -> None:
        """An answer came, but a wrong one."""
        self._answered(hung=hung)
        self.budget = min(self.budget, TROUBLED_BUDGET)

    def failed(self, now: float, *, hung: bool, probe: bool) -> None:
        """No answer: a time-out, DNS, connect or TLS failure."""
        self._over(hung=hung)
        self._failures += 1
        if probe:
            self.probing = False
            self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)
            self.probe_at = now + self._pause_s
        elif self.probe_at is None and self._failures >= FAILURES_TO_OPEN:
            self.budget = START_BUDGET
            self.probe_at = now + self._pause_s

    def told_nothing(self, *, hung: bool, probe: bool) -> None:
        """The request ended for a reason of ours: that says nothing about the destination."""
        self._over(hung=hung)
        if probe:
            self.probing = False

    def _answered(self, *, hung: bool) -> None:
        self._over(hung=hung)
        self._failures = 0
        if self.probe_at is not None:
            self.probe_at = None
            self.probing = False
            self._pause_s = FIRST_PAUSE_S
            self.budget = START_BUDGET

    def _over(self, *, hung: bool) -> None:
        self._hanging -= hung
