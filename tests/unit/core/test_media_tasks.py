"""When tasks may run, and which of them are in each other's way."""

from typing import Any

import pytest

from airhook.core.errors import InvalidError
from airhook.core.media_tasks import DAY_MS, RecordTask, TaskState, check_times

NOW = 10 * DAY_MS


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (-5, 1), (0, DAY_MS), (6 * DAY_MS, 7 * DAY_MS - 1)],
    ids=["a-moment", "begun", "a-day", "nearly-a-week-ahead"],
)
def test_times_allowed(start: int, end: int) -> None:
    check_times(NOW + start, NOW + end, NOW)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (1, 1, "end_time"),
        (-5, 0, "end_time"),
        (6 * DAY_MS, 7 * DAY_MS, "end_time"),
        (0, DAY_MS + 1, "start_time"),
    ],
    ids=["empty", "past", "a-week-ahead", "more-than-a-day"],
)
def test_times_refused(start: int, end: int, field: str) -> None:
    with pytest.raises(InvalidError) as wrong:
        check_times(NOW + start, NOW + end, NOW)
    assert wrong.value.field == field


def task(start_ms: int, end_ms: int, **change: Any) -> RecordTask:
    return RecordTask(
        id="1",
        account_id=1,
        domain="d",
        app="a",
        stream="s",
        template_id=0,
        start_ms=start_ms,
        end_ms=end_ms,
        **change,
    )


def test_tasks_that_touch_do_not_overlap() -> None:
    assert not task(0, 10).overlaps(task(10, 20))
    assert task(0, 11).overlaps(task(10, 20))


def test_states() -> None:
    one = task(10, 20)
    assert [one.state(now) for now in (9, 10, 19, 20)] == [
        TaskState.WAITING,
        TaskState.RUNNING,
        TaskState.RUNNING,
        TaskState.OVER,
    ]
    assert task(10, 20, stopped_ms=12).state(15) is TaskState.STOPPED
