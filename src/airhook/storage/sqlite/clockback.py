"""The wall clock was set back: what waits for a time of the clock as it was is moved back with it (design D14).

Retries and holds are times of the wall clock, so that they outlive the process. Without this they would come as much
later as the clock was wrong. A clock that is set ahead needs nothing: what waits is due sooner.
"""

import logging
import sqlite3

from airhook.core.clock import Clock, ms_of_id
from airhook.storage.sqlite.queries import HOT
from airhook.storage.sqlite.transaction import transaction

SLACK_MS = 2000  # a smaller step is left alone
PAGE = 5000  # rows of one commit

_logger = logging.getLogger(__name__)


class ClockWatch:
    """Belongs to the writer's thread. ``look`` is called about once a second."""

    def __init__(self, raw: sqlite3.Connection, clock: Clock) -> None:
        self._raw = raw
        self._clock = clock
        self._newest = self._newest_id()
        # The newest id tells what the clock said before this process began.
        self._was_ms = ms_of_id(self._newest)
        self._back_ms = 0  # what is being moved goes back so far
        self._from = self._until = 0  # ids of what is still to be moved

    def look(self) -> bool:
        """Move a part of what has to be moved; whether there is more."""
        now_ms = self._clock.now_ms()
        if self._was_ms - now_ms > SLACK_MS:
            self._begin(now_ms)
        self._was_ms = now_ms
        if self._back_ms:
            self._move(now_ms)
        else:
            self._newest = self._newest_id()
        return self._back_ms > 0

    def _begin(self, now_ms: int) -> None:
        self._back_ms = self._was_ms - now_ms
        self._from, self._until = 0, self._newest_id()
        _logger.warning(
            "the wall clock went back by %.1f s: what waits for its time goes back with it",
            self._back_ms / 1000,
        )

    def _move(self, now_ms: int) -> None:
        ids = self._raw.execute(HOT["ids_after"], (self._from, self._until, PAGE)).fetchall()
        if not ids:
            self._back_ms, self._newest = 0, self._newest_id()
            return
        last = ids[-1][0]
        moved = (self._back_ms,) * 3
        with transaction(self._raw):
            self._raw.execute(HOT["move_back"], (*moved, self._from, last, self._newest, now_ms, now_ms))
        self._from = last

    def _newest_id(self) -> int:
        return int(self._raw.execute(HOT["newest_id"]).fetchone()[0])
