"""Tasks that record a stream, or take pictures of it, between two times: create, stop, delete, list (contract 3.6, 3.7)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from airhook.control.base import Desk
from airhook.control.domains import require_push
from airhook.core.domains import normalize_domain
from airhook.core.errors import InvalidError, LimitError, NotFoundError
from airhook.core.media_tasks import (
    DAY_MS,
    MAX_AT_ONCE,
    MAX_EXTENSION_BYTES,
    RecordTask,
    ScreenshotTask,
    TaskFilter,
    check_times,
)
from airhook.core.ports import Tx, View
from airhook.core.streams import StreamKey, check_name

MAX_QUERY_MS = 7 * DAY_MS
MAX_AGE_MS = 90 * DAY_MS

T = TypeVar("T", RecordTask, ScreenshotTask)


@dataclass(frozen=True, kw_only=True)
class TaskKind(Generic[T]):
    word: str
    type: type[T]
    get: Callable[[Tx, str], T | None]
    open: Callable[[Tx, StreamKey, int], list[T]]
    find: Callable[[View, TaskFilter], list[T]]
    put: Callable[[Tx, T], None]


RECORD_TASKS = TaskKind(
    word="record task",
    type=RecordTask,
    get=lambda tx, task_id: tx.record_task(task_id),
    open=lambda tx, key, now_ms: tx.open_record_tasks(key, now_ms),
    find=lambda view, wanted: view.record_tasks(wanted),
    put=lambda tx, task: tx.put_record_task(task),
)
SCREENSHOT_TASKS = TaskKind(
    word="screenshot task",
    type=ScreenshotTask,
    get=lambda tx, task_id: tx.screenshot_task(task_id),
    open=lambda tx, key, now_ms: tx.open_screenshot_tasks(key, now_ms),
    find=lambda view, wanted: view.screenshot_tasks(wanted),
    put=lambda tx, task: tx.put_screenshot_task(task),
)


class TaskForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a task is to do. ``template_id`` may name none: see ``Snapshot.record_template_of``."""

    domain: str
    app: str
    stream: str
    end_ms: int
    start_ms: int | None = None  # None: now
    template_id: int = 0
    extension: str = ""


async def create(desk: Desk, kind: TaskKind[T], account_id: int, form: TaskForm) -> T:
    """Plan a task. It runs between its times, whenever the stream is pushed.

    Raises ``InvalidError`` (field ``domain``, ``app``, ``stream``, ``start_time``, ``end_time``, ``extension``), or
    ``LimitError`` when too many tasks of the stream would run at once.
    """
    now_ms = desk.clock.now_ms()
    task = _task(kind, str(desk.ids()), account_id, form, now_ms)

    def work(tx: Tx) -> T:
        require_push(tx.domain(task.domain), account_id, form.domain)
        if sum(task.overlaps(other) for other in kind.open(tx, task.key, now_ms)) >= MAX_AT_ONCE:
            raise LimitError(f"overlapping {kind.word}", MAX_AT_ONCE)
        kind.put(tx, task)
        return task

    return await desk.change(work)


async def stop(desk: Desk, kind: TaskKind[T], account_id: int, task_id: str) -> None:
    """End a task now; it never runs again. Nothing happens when it was stopped before. Raises ``NotFoundError``."""
    now_ms = desk.clock.now_ms()

    def work(tx: Tx) -> None:
        task = _owned(tx, kind, account_id, task_id)
        if not task.stopped_ms:
            kind.put(tx, msgspec.structs.replace(task, stopped_ms=now_ms, updated_ms=now_ms))

    await desk.change(work)


async def delete(desk: Desk, kind: TaskKind[T], account_id: int, task_id: str) -> None:
    """Take a task from the lists. What runs goes on; what waits never starts. Raises ``NotFoundError``."""
    now_ms = desk.clock.now_ms()

    def work(tx: Tx) -> None:
        task = _owned(tx, kind, account_id, task_id)
        kind.put(tx, msgspec.structs.replace(task, deleted_ms=now_ms, updated_ms=now_ms))

    await desk.change(work)


async def find(desk: Desk, kind: TaskKind[T], wanted: TaskFilter) -> Sequence[T]:
    """A page of tasks. Raises ``InvalidError`` (field ``start_time``, ``end_time``)."""
    if wanted.until_ms <= wanted.since_ms:
        raise InvalidError("end_time", "must be later than the start", rule="range")
    if wanted.until_ms - wanted.since_ms > MAX_QUERY_MS:
        raise InvalidError("end_time", "must be at most 7 days after the start", rule="range")
    if wanted.since_ms < desk.clock.now_ms() - MAX_AGE_MS:
        raise InvalidError("start_time", "must be at most 90 days ago", rule="range")
    return await desk.store.read(lambda view: kind.find(view, wanted))


def _task(kind: TaskKind[T], task_id: str, account_id: int, form: TaskForm, now_ms: int) -> T:
    start_ms = now_ms if form.start_ms is None else form.start_ms
    check_times(start_ms, form.end_ms, now_ms)
    if len(form.extension.encode("utf-8", "surrogatepass")) > MAX_EXTENSION_BYTES:
        raise InvalidError("extension", f"is longer than {MAX_EXTENSION_BYTES} bytes", rule="too_long")
    return kind.type(
        id=task_id,
        account_id=account_id,
        domain=normalize_domain(form.domain),
        app=check_name("app", form.app),
        stream=check_name("stream", form.stream),
        template_id=form.template_id,
        start_ms=start_ms,
        end_ms=form.end_ms,
        extension=form.extension,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


def _owned(tx: Tx, kind: TaskKind[T], account_id: int, task_id: str) -> T:
    task = kind.get(tx, task_id)
    if task is None or task.account_id != account_id or task.deleted:
        raise NotFoundError(kind.word, task_id)
    return task
