"""Windows of exhausted deliveries: when receivers were down for long, one notice at the end says what to replay.

A window belongs to a destination. It is over when nothing was exhausted there for a while, or after a day.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from airhook.core.clock import ms_of_id
from airhook.core.deliveries import Delivery, DeliveryState, ExhaustReason
from airhook.core.facts.notice import Notice
from airhook.observe.times import iso_ms

QUIET_MS = 300_000
LONGEST_MS = 86_400_000


class _Window(msgspec.Struct, kw_only=True):
    """Times are when its deliveries were planned, as searches take them; ``quiet_ms`` is when the last was given up."""

    since_ms: int
    until_ms: int
    opened_ms: int
    quiet_ms: int
    reasons: Counter[str]


class Losses:
    """Belongs to whoever holds the lock of ``Notices``."""

    def __init__(self) -> None:
        self._windows: dict[tuple[int, str], _Window] = {}

    def add(self, origin: str, delivery: Delivery, reason: ExhaustReason, now_ms: int) -> None:
        """``origin`` is the destination of the delivery's URL."""
        # By its id, as a search does; of what is sent again, the first one is what can be replayed.
        planned_ms = ms_of_id(delivery.repeat_of or delivery.id)
        key = (delivery.account_id, origin)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(
                since_ms=planned_ms,
                until_ms=planned_ms,
                opened_ms=now_ms,
                quiet_ms=now_ms,
                reasons=Counter(),
            )
        window.since_ms = min(window.since_ms, planned_ms)
        window.until_ms = max(window.until_ms, planned_ms)
        window.quiet_ms = now_ms
        window.reasons[reason.value] += 1

    def over(self, now_ms: int, *, everything: bool) -> Iterator[Notice]:
        """Take out the windows that are over; what is not asked for stays."""
        for key, window in list(self._windows.items()):
            quiet = not 0 <= now_ms - window.quiet_ms < QUIET_MS
            if everything or quiet or not 0 <= now_ms - window.opened_ms < LONGEST_MS:
                del self._windows[key]
                yield _notice(*key, window, now_ms)


def _notice(account_id: int, origin: str, window: _Window, now_ms: int) -> Notice:
    wanted = {
        "destination": origin,
        "state": DeliveryState.EXHAUSTED.value,
        "since": iso_ms(window.since_ms),
        "until": iso_ms(window.until_ms + 1),
    }
    data: dict[str, Any] = {
        "account_id": str(account_id),
        "destination": origin,
        "count": window.reasons.total(),
        "reasons": dict(window.reasons),
        "since": wanted["since"],
        "until": wanted["until"],
        "replay": {
            "command": " ".join(
                ["airhook", "replay", "add", *(f"--{name} {value}" for name, value in wanted.items())]
            ),
            "method": "POST",
            "path": "/v1/replays",
            "body": {"wanted": wanted},
        },
    }
    return Notice(type="deliveries_lost", at_ms=now_ms, data=data)
