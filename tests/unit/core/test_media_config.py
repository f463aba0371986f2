"""Which record and snapshot template serves a stream, and which tasks run on it."""

from typing import Any

import pytest

from airhook.core.media_config import MediaRows
from airhook.core.media_rules import RecordRule, SnapshotRule
from airhook.core.media_tasks import RecordTask, ScreenshotTask
from airhook.core.record_templates import RecordFormat, RecordParam, RecordTemplate
from airhook.core.snapshot import ConfigRows, Snapshot
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.streams import StreamKey

DOMAIN = "push.example.com"
KEY = StreamKey(1, DOMAIN, "live", "room")
SCOPES = {"stream-in-app": ("live", "room"), "stream": ("", "room"), "app": ("live", ""), "domain": ("", "")}
"""In order of precedence (contract 5.4)."""


def config(version: int = 1, base: Snapshot | None = None, **rows: Any) -> Snapshot:
    return (base or Snapshot()).apply(ConfigRows(version=version, media=MediaRows(**rows)))


def record_rule(app: str, stream: str, template_id: int, **change: Any) -> RecordRule:
    return RecordRule(account_id=1, domain=DOMAIN, app=app, stream=stream, template_id=template_id, **change)


def snapshot_rule(app: str, stream: str, template_id: int) -> SnapshotRule:
    return SnapshotRule(account_id=1, domain=DOMAIN, app=app, stream=stream, template_id=template_id)


def record_template(template_id: int, **change: Any) -> RecordTemplate:
    return RecordTemplate(id=template_id, account_id=1, name=f"r{template_id}", **change)


def snapshot_template(template_id: int, **change: Any) -> SnapshotTemplate:
    return SnapshotTemplate(id=template_id, account_id=1, name=f"s{template_id}", **change)


def task(task_id: str = "1", **change: Any) -> RecordTask:
    fields = {"template_id": 0, "start_ms": 1000, "end_ms": 2000, "updated_ms": 500, **change}
    return RecordTask(id=task_id, **{**KEY._asdict(), **fields})


@pytest.mark.parametrize("first", range(4), ids=SCOPES)
def test_the_narrowest_rule_serves(first: int) -> None:
    scopes = list(SCOPES.values())
    held = list(enumerate(scopes, 1))[first:]
    found = config(
        record_templates=[record_template(n) for n, _ in held],
        record_rules=[record_rule(*scope, n) for n, scope in held],
        snapshot_templates=[snapshot_template(n) for n, _ in held],
        snapshot_rules=[snapshot_rule(*scope, n) for n, scope in held],
    )
    recorded = found.record_rule_for(DOMAIN, "live", "room")
    pictured = found.snapshot_rule_for(DOMAIN, "live", "room")
    assert (recorded and recorded.id, pictured and pictured.id) == (first + 1, first + 1)


@pytest.mark.parametrize(
    ("app", "stream"), [("vod", "room"), ("live", "hall")], ids=["another-app", "another-stream"]
)
def test_a_rule_for_one_stream_serves_no_other(app: str, stream: str) -> None:
    found = config(record_templates=[record_template(1)], record_rules=[record_rule("live", "room", 1)])
    assert found.record_rule_for(DOMAIN, app, stream) is None
    assert found.record_rule_for("b.example.com", "live", "room") is None


def test_a_change_keeps_what_it_does_not_name() -> None:
    before = config(
        record_templates=[record_template(1)],
        record_rules=[record_rule("", "", 1)],
        snapshot_templates=[snapshot_template(2)],
        snapshot_rules=[snapshot_rule("", "", 2)],
    )
    after = config(2, before, record_rules=[record_rule("", "", 1, deleted=True)])
    assert after.record_rule_for(DOMAIN, "live", "room") is None
    assert before.record_rule_for(DOMAIN, "live", "room") is not None
    assert after.media.snapshot_rules is before.media.snapshot_rules
    gone = config(3, after, snapshot_templates=[snapshot_template(2, deleted=True)])
    assert gone.snapshot_rule_for(DOMAIN, "live", "room") is None


@pytest.mark.parametrize(
    ("change", "now_ms", "runs"),
    [
        pytest.param({}, 999, False, id="before"),
        pytest.param({}, 1000, True, id="from-the-start"),
        pytest.param({}, 1999, True, id="until"),
        pytest.param({}, 2000, False, id="the-end"),
        pytest.param({"stopped_ms": 700}, 1500, False, id="stopped"),
        pytest.param({"deleted_ms": 700}, 1500, False, id="deleted-before-its-start"),
        pytest.param({"deleted_ms": 1200}, 1500, True, id="deleted-while-it-runs"),
    ],
)
def test_a_task_runs_between_its_times(change: dict[str, Any], now_ms: int, runs: bool) -> None:
    one = task(**change)
    found = config(record_tasks=[one])
    assert found.record_tasks_for(KEY, now_ms) == ([one] if runs else [])
    assert found.record_tasks_for(KEY._replace(stream="hall"), now_ms) == []


def test_tasks_of_one_stream_run_beside_each_other_and_end_one_by_one() -> None:
    both = config(record_tasks=[task("1"), task("2")])
    assert [one.id for one in both.record_tasks_for(KEY, 1500)] == ["1", "2"]
    after = config(2, both, record_tasks=[task("1", stopped_ms=1400, updated_ms=1400)])
    assert [one.id for one in after.record_tasks_for(KEY, 1500)] == ["2"]


def test_tasks_that_are_over_are_forgotten() -> None:
    held = config(record_tasks=[task("1"), task("2", start_ms=4000, end_ms=9000, updated_ms=3000)])
    assert [one.id for one in held.media.record_tasks[KEY]] == ["2"]


def test_a_record_task_without_its_template_makes_hls() -> None:
    flv = record_template(7, params={RecordFormat.FLV: RecordParam(enabled=True)})
    theirs = RecordTemplate(id=8, account_id=2, name="theirs", params=flv.params)
    found = config(record_templates=[flv, theirs])
    assert found.record_template_of(task(template_id=7)) == flv
    for template_id in (0, 8, 9):
        usual = found.record_template_of(task(template_id=template_id))
        assert list(usual.enabled) == [RecordFormat.HLS]
        assert usual.enabled[RecordFormat.HLS].storage_s == 0


def test_a_screenshot_task_without_its_template_takes_none() -> None:
    one = ScreenshotTask(id="1", **KEY._asdict(), template_id=3, start_ms=1000, end_ms=2000)
    held = config(snapshot_templates=[snapshot_template(3)], screenshot_tasks=[one])
    assert held.screenshot_tasks_for(KEY, 1000) == [one]
    assert held.screenshot_template_of(one) == snapshot_template(3)
    assert config(screenshot_tasks=[one]).screenshot_template_of(one) is None
