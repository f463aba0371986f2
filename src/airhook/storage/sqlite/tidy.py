"""What the writer does between commits, once a second: nothing here is urgent, and a failure waits for the next time."""

import datetime as dt
import logging
import sqlite3
import time
from pathlib import Path

from airhook.core.believed import BelievedTime
from airhook.core.clock import Clock
from airhook.core.events import REPEATS_KNOWN_MS
from airhook.core.media_tasks import REMEMBERED_MS as REMEMBERED_TASKS_MS
from airhook.storage.sqlite import hooklog, once, standings
from airhook.storage.sqlite.changes import Changes
from airhook.storage.sqlite.clockback import ClockWatch
from airhook.storage.sqlite.connect import Database, code_of, truncate_wal
from airhook.storage.sqlite.daynotes import DayNotes
from airhook.storage.sqlite.knowntime import KnownTime
from airhook.storage.sqlite.logs import DAY_MS, DayLogs, day_of
from airhook.storage.sqlite.retention import Retention
from airhook.storage.sqlite.settle import Settler
from airhook.storage.sqlite.transaction import transaction
from airhook.storage.sqlite.tx import SqliteTx

MAX_EVENTS = 500  # moved or forgotten in one commit
TEMPLATE_GRACE_MS = 10_000  # another node may still plan with a template that was just deleted
MAX_REPLAYS = 1000  # of an account that are over and remembered
DROP_EVERY_MS = 60_000  # days of the log that are over
FORGET_EVERY_MS = 3_600_000  # destinations: that reads them all
REST_S = 10.0  # while nobody writes: what time alone brings is not urgent
TRUNCATE_BYTES = 4 * 1024 * 1024  # a smaller WAL is kept: writing over it is quicker than making it grow

_logger = logging.getLogger(__name__)


class Tidier:
    def __init__(
        self,
        path: Path,
        database: Database,
        tx: SqliteTx,
        settler: Settler,
        logs: DayLogs,
        clock: Clock,
        believed: BelievedTime,
        retention: Retention | None,
    ) -> None:
        self._path = path
        self._raw = database.raw
        self._tx = tx
        self._settler = settler
        self._logs = logs
        self._clock = clock
        self._believed = believed
        self._known_time = KnownTime(database.raw, believed)
        self._clock_watch = ClockWatch(database.raw, clock)
        self._changes = Changes(database.raw)
        self._rests_until = 0.0
        self._retention = retention
        self._notes = DayNotes(database.raw)
        self._dropped_ms = 0
        self._forgot_ms = 0
        self._told = ""  # the last failure, said once

    def tidy(self, *, idle: bool) -> bool:
        """Follow a clock that was set back, move finished events and hooks to the log, forget old ids, console sessions and
        audit entries, bury templates that nobody needs, make files for two days.

        Whether there is more to do.
        """
        patience_ms = self._raw.execute("PRAGMA busy_timeout").fetchone()[0]
        try:
            self._raw.execute("PRAGMA busy_timeout = 0")  # callers have waited for the file already
            self._drop_days()  # first: on a full disk nothing else can be done before it
            moves = self._clock_watch.look()
            moved = self._tidy_unless_at_rest(idle=idle)
        except Exception as error:
            if code_of(error) == sqlite3.SQLITE_BUSY:
                return False  # another process writes; whoever waits for a commit hears of it
            if str(error) != self._told:
                _logger.warning("tidying the database failed and is tried again: %s", error)
            self._told = str(error)
            return False
        finally:
            self._raw.execute(f"PRAGMA busy_timeout = {patience_ms}")
        self._told = ""
        return moves or moved == MAX_EVENTS

    def _tidy_unless_at_rest(self, *, idle: bool) -> int:
        """At rest nothing was written since a whole turn that left nothing to do."""
        changed = self._changes.since_last()
        if not changed and time.monotonic() < self._rests_until:
            return 0
        if self._retention:
            self._known_time.save(at_rest=not changed)
        moved = self._tidy(idle=idle)
        rests = idle and not changed and not moved
        self._rests_until = time.monotonic() + REST_S if rests else 0.0
        return moved

    def _tidy(self, *, idle: bool) -> int:
        now_ms, old_ms = self._clock.now_ms(), self._believed.now_ms()
        moved = self._settler.log_finished_events(now_ms, MAX_EVENTS)
        moved = max(moved, hooklog.move(self._raw, self._logs, now_ms, MAX_EVENTS))
        with transaction(self._raw):
            self._tx.bury_templates(now_ms - TEMPLATE_GRACE_MS)
            self._tx.forget_console_sessions(old_ms)
            forgotten_sessions = self._forget_sessions(old_ms)
            crossed_out = self._tx.forget_replay_items(MAX_EVENTS)
            forgotten = once.forget(self._raw, old_ms - REPEATS_KNOWN_MS, MAX_EVENTS)
        if not 0 <= old_ms - self._forgot_ms < FORGET_EVERY_MS:
            self._forgot_ms = old_ms
            standings.forget(self._raw, old_ms)
            with transaction(self._raw):
                if self._retention:
                    self._tx.forget_audit(old_ms - self._retention.audit_days * DAY_MS)
                self._tx.forget_stream_orders(old_ms)
                self._forget_replays(old_ms)
                self._tx.forget_media(old_ms - REMEMBERED_TASKS_MS, old_ms)
        days = (day_of(now_ms), day_of(now_ms) + dt.timedelta(days=1))
        for day in days:
            self._logs.prepare(day)
        self._notes.note(days)
        if idle:
            truncate_wal(self._raw, self._path, TRUNCATE_BYTES)
            self._logs.truncate(TRUNCATE_BYTES)
        return max(moved, forgotten, forgotten_sessions, crossed_out)

    def _drop_days(self) -> None:
        if self._retention is None:
            return
        self._known_time.tell()
        old_ms = self._believed.now_ms()
        if not 0 <= old_ms - self._dropped_ms < DROP_EVERY_MS:
            self._dropped_ms = old_ms
            self._retention.drop(
                self._logs, day_of(old_ms), lambda days: self._notes.note_dropped(days, old_ms)
            )

    def _forget_replays(self, old_ms: int) -> None:
        kept_ms = self._retention.sessions_ms if self._retention else None
        self._tx.forget_replays(0 if kept_ms is None else old_ms - kept_ms, MAX_REPLAYS)

    def _forget_sessions(self, old_ms: int) -> int:
        kept_ms = self._retention.sessions_ms if self._retention else None
        return 0 if kept_ms is None else self._tx.forget_sessions(old_ms - kept_ms, MAX_EVENTS)
