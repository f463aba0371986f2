"""How many calls a second a key may make of an action (contract 3.9)."""

from collections.abc import Mapping

from airhook.cloudapi.errors import RequestLimitExceeded
from airhook.core.clock import Clock

USUAL = 20  # where the documentation gives no number
DOCUMENTED: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "CreateLiveCallbackTemplate",
            "ModifyLiveCallbackTemplate",
            "DeleteLiveCallbackTemplate",
            "CreateLiveCallbackRule",
            "DeleteLiveCallbackRule",
            "AddDelayLiveStream",
        ),
        200,
    ),
    **dict.fromkeys(
        ("DescribeLiveCallbackTemplate", "DescribeLiveCallbackTemplates", "DescribeLiveCallbackRules"), 500
    ),
    **dict.fromkeys(("DropLiveStream", "ResumeLiveStream"), 100),
    "DescribeLiveStreamEventList": 300,
    "DescribeLiveDelayInfoList": 10,
}
UNLIMITED = 0

WINDOW_S = 1.0
MAX_WINDOWS = 20_000
"""Pairs of a key and an action that are counted at once. Only keys that signed get here."""


class Rates:
    """Counts calls in windows of a second. ``usual`` and ``chosen`` (by action) are calls a second; 0: no limit."""

    def __init__(self, clock: Clock, usual: int = USUAL, chosen: Mapping[str, int] | None = None) -> None:
        self._clock = clock
        self._usual = usual
        self._chosen = {**DOCUMENTED, **(chosen or {})}
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    def count(self, secret_id: str, action: str) -> None:
        """Count a call. Raises ``RequestLimitExceeded`` when it is one too many in its second."""
        most = self._chosen.get(action, self._usual)
        if most == UNLIMITED:
            return
        now = self._clock.monotonic()
        since, calls = self._windows.get((secret_id, action), (now, 0))
        if now - since >= WINDOW_S:
            since, calls = now, 0
        if len(self._windows) >= MAX_WINDOWS:
            self._forget(now)
        self._windows[secret_id, action] = (since, calls + 1)
        if calls >= most:
            raise RequestLimitExceeded(calls + 1, most)

    def _forget(self, now: float) -> None:
        """Let go of seconds that are over; when none is, of all: it is kinder than to let the memory grow."""
        self._windows = {pair: window for pair, window in self._windows.items() if now - window[0] < WINDOW_S}
        if len(self._windows) >= MAX_WINDOWS:
            self._windows.clear()
