"""Tasks: recordings and screenshots of one stream between two times, beside all rules (contract 3.6, 3.7)."""

import enum

import msgspec

from airhook.core.errors import InvalidError
from airhook.core.streams import StreamKey

DAY_MS = 86_400_000
MAX_SPAN_MS = DAY_MS
MAX_AHEAD_MS = 7 * DAY_MS
MAX_AT_ONCE = 3  # of one kind that overlap, on one stream
REMEMBERED_MS = 92 * DAY_MS  # three months
MAX_EXTENSION_BYTES = 1024


class TaskState(enum.StrEnum):
    WAITING = "waiting"  # for its start
    RUNNING = "running"  # whenever the stream is pushed
    STOPPED = "stopped"  # before its end; it never goes on
    OVER = "over"


class MediaTask(msgspec.Struct, frozen=True, kw_only=True):
    """``template_id`` may name none; see ``Snapshot.record_template_of`` and ``screenshot_template_of``."""

    id: str
    account_id: int
    domain: str
    app: str
    stream: str
    template_id: int
    start_ms: int
    end_ms: int
    extension: str = ""  # the caller's, given back
    stopped_ms: int = 0  # 0: nobody stopped it
    deleted_ms: int = 0  # taken from the lists; what runs goes on, what waits never starts
    created_ms: int = 0
    updated_ms: int = 0
    version: int = 0

    @property
    def key(self) -> StreamKey:
        return StreamKey(self.account_id, self.domain, self.app, self.stream)

    @property
    def deleted(self) -> bool:
        return self.deleted_ms > 0

    def state(self, now_ms: int) -> TaskState:
        if self.stopped_ms or 0 < self.deleted_ms < self.start_ms:
            return TaskState.STOPPED
        if now_ms >= self.end_ms:
            return TaskState.OVER
        return TaskState.WAITING if now_ms < self.start_ms else TaskState.RUNNING

    def is_over(self, now_ms: int) -> bool:
        """Whether it will never run (again)."""
        return self.state(now_ms) in (TaskState.STOPPED, TaskState.OVER)

    def overlaps(self, other: "MediaTask") -> bool:
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms


class RecordTask(MediaTask, frozen=True, kw_only=True):
    pass


class ScreenshotTask(MediaTask, frozen=True, kw_only=True):
    pass


def check_times(start_ms: int, end_ms: int, now_ms: int) -> None:
    """Raises ``InvalidError`` (field ``start_time``, ``end_time``)."""
    if end_ms <= start_ms:
        raise InvalidError("end_time", "must be later than the start", rule="range")
    if end_ms <= now_ms:
        raise InvalidError("end_time", "must lie in the future", rule="range")
    if end_ms >= now_ms + MAX_AHEAD_MS:
        raise InvalidError("end_time", "must lie less than 7 days ahead", rule="range")
    if end_ms - start_ms > MAX_SPAN_MS:
        raise InvalidError("start_time", "must be at most 24 hours before the end", rule="range")


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks of an account that start between two times, in that order; None: whatever it is."""

    account_id: int
    since_ms: int
    until_ms: int  # inclusive
    domain: str | None = None
    app: str | None = None
    stream: str | None = None
    after: tuple[int, str] = (-1, "")  # start and id of the last one of the page before
    limit: int = 100
