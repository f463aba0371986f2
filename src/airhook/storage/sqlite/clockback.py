"""The wall clock was set back: what waits for a time of the clock as it was is moved back with it (design D14).

Retries and holds are times of the wall clock, so that they outlive the process. Without this they would come as much
later as the clock was wrong. A clock that is set ahead needs nothing: what waits is due sooner, and is not given up for it
(``core.believed``).
"""

import logging
import sqlite3

from airhook.core.clock import Clock
from airhook.storage.sqlite.queries import HOT
from airhook.storage.sqlite.transaction import transaction

SLACK_MS = 2000  # a smaller step is left alone
PAGE = 5000  # rows of one commit

_NEWEST = "SELECT id, created_ms FROM deliveries ORDER BY id DESC LIMIT 1"
_LAST_STEP = "SELECT at_ms, back_ms, known_id, moved_id, until_id FROM clock_steps"
_NOTE = """
INSERT OR REPLACE INTO clock_steps (id, at_ms, back_ms, known_id, moved_id, until_id) VALUES (1, ?, ?, ?, 0, ?)"""
_KNOWN = "SELECT wall_ms FROM known_time"
_KNOW = "UPDATE known_time SET wall_ms = ?"  # or the next start would find the step once more
_MOVED = "UPDATE clock_steps SET moved_id = ?"

_logger = logging.getLogger(__name__)


class ClockWatch:
    """Belongs to the writer's thread. ``look`` is called about once a second.

    Each step is noted before anything is moved, and how far it has come with each part that is: what was moved in a
    process before this one is not moved again.
    """

    def __init__(self, raw: sqlite3.Connection, clock: Clock) -> None:
        self._raw = raw
        self._clock = clock
        self._newest = self._newest_id()
        self._was_ms = 0
        self._back_ms = 0  # what is being moved goes back so far
        self._from = self._until = 0  # ids of what is still to be moved
        self._remember()

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

    def _remember(self) -> None:
        """What the clock said before this process began, and what that one has not moved to its end."""
        newest, created_ms = self._raw.execute(_NEWEST).fetchone() or (0, 0)
        step = self._raw.execute(_LAST_STEP).fetchone()
        if (
            step is None or newest > step[-1]
        ):  # ids go on from those of before the step, times of acceptance do not
            self._was_ms = created_ms
        else:
            self._was_ms = step[0]
        known = self._raw.execute(_KNOWN).fetchone()
        if known is not None:
            self._was_ms = max(self._was_ms, known[0])
        if step is not None and step[-2] < step[-1]:
            _, self._back_ms, self._newest, self._from, self._until = step

    def _begin(self, now_ms: int) -> None:
        while self._back_ms:
            self._move(now_ms)
        back_ms, until = self._was_ms - now_ms, self._newest_id()
        with transaction(self._raw):
            self._raw.execute(_NOTE, (now_ms, back_ms, self._newest, until))
            self._raw.execute(_KNOW, (now_ms,))
        self._back_ms, self._from, self._until = back_ms, 0, until
        _logger.warning(
            "the wall clock went back by %.1f s: what waits for its time goes back with it", back_ms / 1000
        )

    def _move(self, now_ms: int) -> None:
        ids = self._raw.execute(HOT["ids_after"], (self._from, self._until, PAGE)).fetchall()
        last = ids[-1][0] if ids else self._until
        with transaction(self._raw):
            if ids:
                bounds = (self._from, last, self._newest, now_ms)
                self._raw.execute(HOT["move_back"], (self._back_ms, *bounds))
            self._raw.execute(_MOVED, (last,))
        self._from = last
        if last == self._until:
            self._back_ms, self._newest = 0, self._newest_id()

    def _newest_id(self) -> int:
        return int(self._raw.execute(HOT["newest_id"]).fetchone()[0])
