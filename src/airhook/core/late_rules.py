"""Callback rules that act some minutes after their change, as those of CSS do: for tests of programs (design D13)."""

from collections import deque
from typing import TYPE_CHECKING

from msgspec.structs import replace

from airhook.core.clock import Clock

if TYPE_CHECKING:
    from airhook.core.snapshot import Snapshot

APART_S = 1.0
"""Changes that follow each other more quickly act together, so that many of them keep few snapshots."""


class LateRules:
    """Remembers the snapshots that the rules still act by, and until when."""

    def __init__(self, delay_s: float, clock: Clock) -> None:
        self._delay_s = delay_s
        self._clock = clock
        self._left: deque[tuple[float, Snapshot]] = deque()
        self._mixed: tuple[Snapshot, Snapshot, Snapshot] | None = (
            None  # old and current, and what came of them
        )

    def leaving(self, snapshot: "Snapshot") -> None:
        """A snapshot is not the current one any more."""
        until = self._clock.monotonic() + self._delay_s
        if not self._left or until - self._left[-1][0] >= APART_S:
            self._left.append((until, snapshot))

    def acting(self, current: "Snapshot") -> "Snapshot":
        """``current`` with the rules and templates that act now."""
        now = self._clock.monotonic()
        while self._left and self._left[0][0] <= now:
            self._left.popleft()
        if not self._left:
            self._mixed = None
            return current
        old = self._left[0][1]
        if self._mixed is None or self._mixed[0] is not old or self._mixed[1] is not current:
            self._mixed = (old, current, _mix(old, current))
        return self._mixed[2]


def _mix(old: "Snapshot", current: "Snapshot") -> "Snapshot":
    # A template that is gone for good has no key any more by which a callback could be signed.
    templates = {name: one for name, one in old.templates.items() if name in current.templates}
    return replace(current, rules=old.rules, templates=templates)
