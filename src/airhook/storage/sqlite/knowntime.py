"""How late it is at least, remembered over restarts: whatever ends by its age asks it, never the wall clock."""

import logging
import sqlite3

from airhook.core.believed import DOUBT_S, BelievedTime
from airhook.core.clock import Clock
from airhook.storage.sqlite.logs import DAY_MS

SAVE_EVERY_MS = 60_000  # while the database is written anyway
SAVE_AT_REST_MS = 3_600_000
TELL_MS = DAY_MS  # a shorter rest, or step, is not worth a line

_SAVED = "SELECT at_ms FROM known_time"
_SAVE = "INSERT OR REPLACE INTO known_time (id, at_ms, wall_ms) VALUES (1, ?, ?)"

_logger = logging.getLogger(__name__)


def believed_time(raw: sqlite3.Connection, clock: Clock) -> BelievedTime:
    """From what was saved last; a folder where nothing was has nothing to lose."""
    saved = raw.execute(_SAVED).fetchone()
    return BelievedTime(clock, saved and saved[0])


class KnownTime:
    """Belongs to the writer's thread of the process that keeps the folder."""

    def __init__(self, raw: sqlite3.Connection, believed: BelievedTime) -> None:
        self._raw = raw
        self._believed = believed
        self._saved_ms = 0
        self._told = False

    def save(self, *, at_rest: bool) -> None:
        """Now and then. Raises ``sqlite3.Error``."""
        now_ms = self._believed.now_ms()
        wall_ms = now_ms + self._believed.ahead_ms()
        if abs(wall_ms - self._saved_ms) >= (SAVE_AT_REST_MS if at_rest else SAVE_EVERY_MS):
            self._raw.execute(_SAVE, (now_ms, wall_ms))
            self._saved_ms = wall_ms

    def tell(self) -> None:
        """Warn once of a clock that is doubted."""
        ahead_ms = self._believed.ahead_ms()
        if ahead_ms >= TELL_MS and not self._told:
            _logger.warning(
                "the wall clock is %.1f days ahead of the last known time, by a long rest or wrongly: until it has stood by that "
                "for %.0f minutes, nothing is given up, dropped or forgotten for its age",
                ahead_ms / DAY_MS,
                DOUBT_S / 60,
            )
        self._told = ahead_ms >= TELL_MS
