"""Tasks: planning, stopping, taking from the lists, and how many may run at once."""

from typing import Any

import pytest

from airhook.control import domains, media_tasks
from airhook.control.media_tasks import RECORD_TASKS, SCREENSHOT_TASKS, TaskForm, TaskKind
from airhook.core.errors import InvalidError, LimitError, NotFoundError
from airhook.core.media_tasks import DAY_MS, TaskFilter
from airhook.core.streams import StreamKey
from support.desk import NOW_MS, TestDesk, wait

DOMAIN = "push.example.com"
BOTH = pytest.mark.parametrize("kind", [RECORD_TASKS, SCREENSHOT_TASKS], ids=["record", "screenshot"])


@pytest.fixture(autouse=True)
def domain(desk: TestDesk, mine: int) -> None:
    wait(domains.add(desk, mine, DOMAIN))


def form(**change: Any) -> TaskForm:
    return TaskForm(**{"domain": DOMAIN, "app": "live", "stream": "room", "end_ms": NOW_MS + 1000, **change})


def running(desk: TestDesk, mine: int, now_ms: int = NOW_MS) -> list[str]:
    key, now = StreamKey(mine, DOMAIN, "live", "room"), desk.config.current
    return [one.id for one in (*now.record_tasks_for(key, now_ms), *now.screenshot_tasks_for(key, now_ms))]


def listed(desk: TestDesk, kind: TaskKind[Any], mine: int, **change: Any) -> list[str]:
    wanted = {"account_id": mine, "since_ms": NOW_MS - 1, "until_ms": NOW_MS + DAY_MS, **change}
    return [one.id for one in wait(media_tasks.find(desk, kind, TaskFilter(**wanted)))]


@BOTH
def test_a_task_runs_from_now_to_its_end(desk: TestDesk, mine: int, kind: TaskKind[Any]) -> None:
    made = wait(media_tasks.create(desk, kind, mine, form(template_id=5, extension="x")))
    assert (made.start_ms, made.end_ms, made.template_id, made.extension) == (NOW_MS, NOW_MS + 1000, 5, "x")
    assert running(desk, mine) == [made.id]
    assert running(desk, mine, NOW_MS + 1000) == []
    assert listed(desk, kind, mine) == [made.id]


@BOTH
def test_a_stopped_task_never_runs_again_and_keeps_its_time(
    desk: TestDesk, mine: int, kind: TaskKind[Any]
) -> None:
    made = wait(media_tasks.create(desk, kind, mine, form()))
    desk.clock.ms += 10
    wait(media_tasks.stop(desk, kind, mine, made.id))
    desk.clock.ms += 10
    wait(media_tasks.stop(desk, kind, mine, made.id))
    assert running(desk, mine) == []
    wanted = TaskFilter(account_id=mine, since_ms=NOW_MS, until_ms=NOW_MS + 1)
    [held] = wait(media_tasks.find(desk, kind, wanted))
    assert held.stopped_ms == NOW_MS + 10


@BOTH
def test_a_deleted_task_that_runs_goes_on(desk: TestDesk, mine: int, kind: TaskKind[Any]) -> None:
    runs = wait(media_tasks.create(desk, kind, mine, form()))
    waits = wait(media_tasks.create(desk, kind, mine, form(start_ms=NOW_MS + 500)))
    for one in (runs, waits):
        wait(media_tasks.delete(desk, kind, mine, one.id))
        with pytest.raises(NotFoundError):
            wait(media_tasks.stop(desk, kind, mine, one.id))
    assert listed(desk, kind, mine) == []
    assert running(desk, mine, NOW_MS + 600) == [runs.id]


@BOTH
def test_three_may_overlap_on_a_stream(desk: TestDesk, mine: int, kind: TaskKind[Any]) -> None:
    made = [wait(media_tasks.create(desk, kind, mine, form())) for _ in range(3)]
    with pytest.raises(LimitError, match="3 overlapping"):
        wait(media_tasks.create(desk, kind, mine, form()))
    wait(media_tasks.create(desk, kind, mine, form(start_ms=NOW_MS + 1000, end_ms=NOW_MS + 2000)))
    wait(media_tasks.create(desk, kind, mine, form(stream="hall")))
    wait(media_tasks.stop(desk, kind, mine, made[0].id))
    wait(media_tasks.create(desk, kind, mine, form()))


@BOTH
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"domain": "none.example.com"}, "domain"),
        ({"app": "a/b"}, "app"),
        ({"stream": ""}, "stream"),
        ({"end_ms": NOW_MS}, "end_time"),
        ({"end_ms": NOW_MS + 7 * DAY_MS, "start_ms": NOW_MS + 6 * DAY_MS}, "end_time"),
        ({"end_ms": NOW_MS + DAY_MS + 1}, "start_time"),
        ({"extension": "x" * 1025}, "extension"),
    ],
    ids=str,
)
def test_what_is_refused(
    desk: TestDesk, mine: int, kind: TaskKind[Any], change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as wrong:
        wait(media_tasks.create(desk, kind, mine, form(**change)))
    assert wrong.value.field == field
    assert listed(desk, kind, mine) == []


@BOTH
@pytest.mark.parametrize(
    ("span", "field"),
    [
        ({"since_ms": NOW_MS, "until_ms": NOW_MS}, "end_time"),
        ({"since_ms": NOW_MS, "until_ms": NOW_MS + 7 * DAY_MS + 1}, "end_time"),
        ({"since_ms": NOW_MS - 90 * DAY_MS - 1, "until_ms": NOW_MS - 90 * DAY_MS}, "start_time"),
    ],
    ids=["empty", "more-than-a-week", "too-old"],
)
def test_spans_that_are_refused(
    desk: TestDesk, mine: int, kind: TaskKind[Any], span: dict[str, int], field: str
) -> None:
    with pytest.raises(InvalidError) as wrong:
        listed(desk, kind, mine, **span)
    assert wrong.value.field == field
