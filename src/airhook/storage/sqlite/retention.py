"""How long the log is kept: so many days, and so much of it. What is over goes by whole days, the oldest first.

What the log tells of goes after it: pushes that are over, which traces begin with, and later than ``REMEMBERED_MS``.
"""

import datetime as dt
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from airhook.core.history import REMEMBERED_MS
from airhook.storage.sqlite.logs import DAY_MS, SIDES, DayLogs

_logger = logging.getLogger(__name__)


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """``days``: UTC days before today; ``max_bytes`` of all days together, indexes included. None: without end.

    Today and yesterday are always kept: a delivery that began yesterday may end today. ``audit_days``: of the audit log.
    """

    days: int | None = None
    max_bytes: int | None = None
    audit_days: int = 400

    @property
    def sessions_ms(self) -> int | None:
        """For how long closed sessions are kept: a day longer than the last event that can tell of them."""
        return None if self.days is None else max(REMEMBERED_MS, (self.days + 2) * DAY_MS)

    def drop(self, logs: DayLogs, today: dt.date, note: Callable[[list[dt.date]], None]) -> list[dt.date]:
        """Drop what is over; which days that was. ``note`` hears of them before the first one goes.

        ``today`` is what is believed (``core.believed``): a clock that is wrongly ahead would cost the whole log.
        """
        over = self._over(logs, today)
        if over:
            note(over)
        for day in over:
            logs.drop(day)
            _logger.info("the log of %s is dropped", day)
        logs.sweep()
        return over

    def _over(self, logs: DayLogs, today: dt.date) -> list[dt.date]:
        kept = logs.days()
        over = [day for day in reversed(kept) if self.days is not None and (today - day).days > self.days]
        if self.max_bytes is not None:
            over += self._too_much(logs, [day for day in kept if day not in over])
        return [day for day in over if (today - day).days > 1]

    def _too_much(self, logs: DayLogs, kept: list[dt.date]) -> list[dt.date]:
        """The oldest days beyond the size; ``kept`` is newest first."""
        assert self.max_bytes is not None
        total = 0
        for place, day in enumerate(kept):
            total += sum(
                _size(Path(f"{path}{side}")) for path in (logs.path(day), logs.index(day)) for side in SIDES
            )
            if total > self.max_bytes:
                return list(reversed(kept[place:]))
        return []


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
