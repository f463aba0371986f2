"""Tasks that record a stream, or take pictures of it, between two times (contract 3.6, 3.7).

The lists of codes of these actions have one for everything that is wrong with a parameter: ``InvalidParameter``.
"""

import re
from collections.abc import Sequence
from typing import Any

from airhook.cloudapi import errors
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.parameters import Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.control import media_tasks
from airhook.control.media_tasks import RECORD_TASKS, SCREENSHOT_TASKS, TaskForm
from airhook.core.domains import normalize_domain
from airhook.core.media_tasks import MediaTask, TaskFilter

PAGE = 100  # tasks
FAR_AWAY_S = 10**12  # no time of a task is later, and it fits the database in milliseconds

_FAILURES = Failures(
    value=errors.InvalidParameter, not_found=errors.InvalidParameter, limit=errors.MaximumRunningTask
)
_TOKEN = re.compile(r"([0-9]{1,18})-([0-9]{1,20})\Z")


class _Create(Parameters, kw_only=True):
    stream_name: str
    domain_name: str
    app_name: str
    end_time: UInt64
    start_time: UInt64 | None = None
    stream_type: UInt64 = 0
    extension: str = ""


class CreateRecordTask(_Create, kw_only=True):
    template_id: UInt64 = 0


class CreateScreenshotTask(_Create, kw_only=True):
    template_id: UInt64


class StopRecordTask(Parameters):
    task_id: str


class StopScreenshotTask(Parameters):
    task_id: str


class DeleteRecordTask(Parameters):
    task_id: str


class DeleteScreenshotTask(Parameters):
    task_id: str


class _Find(Parameters, kw_only=True):
    start_time: UInt64
    end_time: UInt64
    stream_name: str | None = None
    domain_name: str | None = None
    app_name: str | None = None
    scroll_token: str | None = None


class DescribeRecordTask(_Find):
    pass


class DescribeScreenshotTask(_Find):
    pass


class TaskAnswer(Fields):
    task_id: str


class _Task(Fields, kw_only=True):
    task_id: str
    domain_name: str
    app_name: str
    stream_name: str
    start_time: int
    end_time: int
    template_id: int
    stopped: int


class RecordTask(_Task):
    pass


class ScreenshotTask(_Task):
    pass


class RecordTasksAnswer(Fields):
    scroll_token: str
    task_list: list[RecordTask]


class ScreenshotTasksAnswer(Fields):
    scroll_token: str
    task_list: list[ScreenshotTask]


@answers(CreateRecordTask, _FAILURES)
async def create_record(call: Call, wanted: CreateRecordTask) -> TaskAnswer:
    form = _form(wanted, wanted.template_id)
    return TaskAnswer((await media_tasks.create(call.desk, RECORD_TASKS, call.account_id, form)).id)


@answers(CreateScreenshotTask, _FAILURES)
async def create_screenshot(call: Call, wanted: CreateScreenshotTask) -> TaskAnswer:
    form = _form(wanted, wanted.template_id)
    return TaskAnswer((await media_tasks.create(call.desk, SCREENSHOT_TASKS, call.account_id, form)).id)


@answers(StopRecordTask, _FAILURES)
async def stop_record(call: Call, wanted: StopRecordTask) -> None:
    await media_tasks.stop(call.desk, RECORD_TASKS, call.account_id, wanted.task_id)


@answers(StopScreenshotTask, _FAILURES)
async def stop_screenshot(call: Call, wanted: StopScreenshotTask) -> None:
    await media_tasks.stop(call.desk, SCREENSHOT_TASKS, call.account_id, wanted.task_id)


@answers(DeleteRecordTask, _FAILURES)
async def delete_record(call: Call, wanted: DeleteRecordTask) -> None:
    await media_tasks.delete(call.desk, RECORD_TASKS, call.account_id, wanted.task_id)


@answers(DeleteScreenshotTask, _FAILURES)
async def delete_screenshot(call: Call, wanted: DeleteScreenshotTask) -> None:
    await media_tasks.delete(call.desk, SCREENSHOT_TASKS, call.account_id, wanted.task_id)


@answers(DescribeRecordTask, _FAILURES)
async def describe_record(call: Call, wanted: DescribeRecordTask) -> RecordTasksAnswer:
    found = await media_tasks.find(call.desk, RECORD_TASKS, _filter(call, wanted))
    return RecordTasksAnswer(_token(found), [RecordTask(**_told(task)) for task in found])


@answers(DescribeScreenshotTask, _FAILURES)
async def describe_screenshot(call: Call, wanted: DescribeScreenshotTask) -> ScreenshotTasksAnswer:
    found = await media_tasks.find(call.desk, SCREENSHOT_TASKS, _filter(call, wanted))
    return ScreenshotTasksAnswer(_token(found), [ScreenshotTask(**_told(task)) for task in found])


def _form(wanted: _Create, template_id: int) -> TaskForm:
    if wanted.stream_type == 1:
        raise errors.UnsupportedOperation("Airhook mixes no streams, so StreamType must be 0")
    if wanted.stream_type:
        raise errors.InvalidParameter("StreamType must be 0 (a pushed stream)")
    return TaskForm(
        domain=wanted.domain_name,
        app=wanted.app_name,
        stream=wanted.stream_name,
        start_ms=_ms(wanted.start_time) if wanted.start_time else None,
        end_ms=_ms(wanted.end_time),
        template_id=template_id,
        extension=wanted.extension,
    )


def _filter(call: Call, wanted: _Find) -> TaskFilter:
    return TaskFilter(
        account_id=call.account_id,
        since_ms=_ms(wanted.start_time),
        until_ms=_ms(wanted.end_time),
        domain=normalize_domain(wanted.domain_name) if wanted.domain_name else None,
        app=wanted.app_name or None,
        stream=wanted.stream_name or None,
        after=_after(wanted.scroll_token or ""),
        limit=PAGE,
    )


def _ms(seconds: int) -> int:
    return min(seconds, FAR_AWAY_S) * 1000


def _after(token: str) -> tuple[int, str]:
    if not token:
        return (-1, "")
    if not (parts := _TOKEN.match(token)):
        raise errors.InvalidParameter("ScrollToken is none of ours; give the one of the last answer")
    return (int(parts[1]), parts[2])


def _token(found: Sequence[MediaTask]) -> str:
    """What the next page begins after; empty on the last one."""
    return f"{found[-1].start_ms}-{found[-1].id}" if len(found) == PAGE else ""


def _told(task: MediaTask) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "domain_name": task.domain,
        "app_name": task.app,
        "stream_name": task.stream,
        "start_time": task.start_ms // 1000,
        "end_time": task.end_ms // 1000,
        "template_id": task.template_id,
        "stopped": task.stopped_ms // 1000,
    }
