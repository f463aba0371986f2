"""When a failed delivery is tried again: the schedule of each event type (contract 1.2), or the template's own."""

import datetime as dt
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

import msgspec

from airhook.core.delivery_options import DeliveryOptions, Profile
from airhook.core.events import EventType

RETRY_AFTER_MAX_S = 86_400.0
SLACK_MS = 3_600_000  # between the planned end of a schedule and the age at which its delivery is given up


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """``delays_s``, when given, stand for ``interval_s``: one before each retry."""

    attempts: int  # altogether, the first one included
    interval_s: float = 0  # from the end of a failed attempt to the next
    timeout_s: float = 20  # of one attempt: connection, head and body
    delays_s: tuple[float, ...] = ()
    jitter: float = 0  # a delay is drawn so much around its value: 0.1 is from 90 % to 110 %
    standard: bool = False  # any 2xx succeeds, Retry-After is heeded, 410 ends it (Standard Webhooks)

    def next_due(self, made: int, failed_ms: int, *, asked_s: float = 0, chance: float = 0.5) -> int | None:
        """When the next attempt is due after ``made`` of them, the last over at ``failed_ms``; None: no more.

        ``asked_s`` is how long the receiver asked to be left alone; ``chance`` lies between 0 and 1.
        """
        if made >= self.attempts:
            return None
        delay_s = self.delays_s[made - 1] if self.delays_s else self.interval_s
        delay_s *= 1 + self.jitter * (2 * chance - 1)
        return failed_ms + round(max(delay_s, asked_s) * 1000)

    def longest_ms(self) -> int:
        """How long it may take when every attempt runs into its time-out."""
        delays_s = sum(self.delays_s) if self.delays_s else self.interval_s * (self.attempts - 1)
        return round((delays_s * (1 + self.jitter) + self.attempts * self.timeout_s) * 1000)


USUAL = Schedule(attempts=1 + 12, interval_s=60)
SCREENSHOT = Schedule(attempts=1 + 5, interval_s=120)
SUBTITLE = Schedule(attempts=3, interval_s=60)
"""Subtitles and smart erase: the documents speak of three attempts in all (267/73170)."""
STANDARD_DELAYS_S = tuple(min(5.0 * 4**n, 46_800.0) for n in range(12))
"""5 s, then four times as long each time, up to 13 h: about three days."""
STANDARD = Schedule(attempts=1 + 12, delays_s=STANDARD_DELAYS_S, jitter=0.1, standard=True)


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

    def of(self, event_type: int, options: DeliveryOptions | None = None) -> Schedule:
        """The template's own schedule, if its ``options`` name one; the type's otherwise."""
        if options is None or options.profile is Profile.CSS:
            return self.by_type.get(event_type, self.usual)
        return profile_schedule(options, self.usual.timeout_s)


def profile_schedule(options: DeliveryOptions, timeout_s: float) -> Schedule:
    """The schedule of a profile that is not CSS's."""
    if options.profile is Profile.STANDARD:
        return msgspec.structs.replace(STANDARD, timeout_s=timeout_s)
    return Schedule(attempts=1 + len(options.delays_s), delays_s=options.delays_s, timeout_s=timeout_s)


def max_age_ms(options: DeliveryOptions | None, usual_ms: int) -> int:
    """At what age a delivery is given up: its template's schedule is never cut short."""
    if options is None or options.profile is Profile.CSS:
        return usual_ms
    return max(usual_ms, profile_schedule(options, USUAL.timeout_s).longest_ms() + SLACK_MS)


def retry_after_s(headers: Iterable[tuple[str, str]], now_ms: int) -> float:
    """Seconds that an answer asks to wait (RFC 9110, 10.2.3), a day at most; 0 when it does not, or not clearly."""
    text = next((value for name, value in headers if name.lower() == "retry-after"), "")
    seconds = float(text[:9]) if text.isascii() and text.isdecimal() else _until(text, now_ms)
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_S)


def _until(date: str, now_ms: int) -> float:
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return 0.0
    # A date without a zone is in GMT, as every HTTP date.
    return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp() - now_ms / 1000
