"""When a failed delivery is tried again: the schedule of each event type (contract 1.2)."""

import msgspec

from airhook.core.events import EventType


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    attempts: int  # altogether, the first one included
    interval_s: float  # from the end of a failed attempt to the next
    timeout_s: float = 20  # of one attempt: connection, head and body

    def next_due(self, made: int, failed_ms: int) -> int | None:
        """When the next attempt is due after ``made`` of them, the last over at ``failed_ms``; None: no more."""
        return failed_ms + round(self.interval_s * 1000) if made < self.attempts else None


USUAL = Schedule(attempts=1 + 12, interval_s=60)
SCREENSHOT = Schedule(attempts=1 + 5, interval_s=120)
SUBTITLE = Schedule(attempts=3, interval_s=60)
"""Subtitles and smart erase: the documents speak of three attempts in all (267/73170)."""


class Schedules(msgspec.Struct, frozen=True, kw_only=True):
    """``by_type`` holds what differs from ``usual``."""

    usual: Schedule = USUAL
    by_type: dict[int, Schedule] = msgspec.field(
        default_factory=lambda: {
            EventType.SCREENSHOT: SCREENSHOT,
            EventType.SUBTITLE: SUBTITLE,
            EventType.SMART_ERASE: SUBTITLE,
        }
    )

    def of(self, event_type: int) -> Schedule:
        return self.by_type.get(event_type, self.usual)
