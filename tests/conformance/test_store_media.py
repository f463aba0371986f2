"""Recording and screenshots: what is put is found again, other nodes hear of it, and old tasks are forgotten."""

from typing import Any

import pytest
from msgspec.structs import replace

from airhook.core.media_rules import RecordRule, RuleKey, SnapshotRule
from airhook.core.media_tasks import RecordTask, ScreenshotTask, TaskFilter
from airhook.core.record_templates import RecordFormat, RecordParam, RecordTemplate
from airhook.core.snapshot import Snapshot
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.stream_delays import StreamDelay
from airhook.core.streams import StreamKey
from support.storage import DAY_MS, NOON_MS, transact

KEY = StreamKey(1, "push.example.com", "live", "room")
TIMES: dict[str, Any] = {"created_ms": NOON_MS, "updated_ms": NOON_MS + 1}
RECORD_TEMPLATE = RecordTemplate(
    id=5,
    account_id=1,
    name="录制-1",
    description="all of it",
    params={
        RecordFormat.FLV: RecordParam(enabled=True, interval_s=60, storage_s=3600, file_name="{StreamID}"),
        RecordFormat.HLS: RecordParam(class_id=-1, procedure="p", cos_bucket_path="/a"),
    },
    hls_continue_s=30,
    flv_upload_in_recording=True,
    remove_watermark=True,
    cos_store=1,
    **TIMES,
)
SNAPSHOT_TEMPLATE = SnapshotTemplate(
    id=6,
    account_id=1,
    name="shots",
    description="d",
    interval_s=5,
    width=640,
    height=360,
    audit=True,
    prefix="/{Year}",
    file_name="{StreamID}{Ext}",
    cos_app_id=1_250_000_000,
    cos_bucket="b",
    cos_region="r",
    **TIMES,
)
RECORD_RULE = RecordRule(account_id=1, domain=KEY.domain, app="live", stream="", template_id=5, **TIMES)
SNAPSHOT_RULE = SnapshotRule(account_id=1, domain=KEY.domain, app="", stream="room", template_id=6, **TIMES)
TASK: dict[str, Any] = {
    **KEY._asdict(),
    "template_id": 5,
    "start_ms": NOON_MS,
    "end_ms": NOON_MS + DAY_MS,
    "extension": "x",
    **TIMES,
}
RECORD_TASK = RecordTask(id="11", **TASK)
SCREENSHOT_TASK = ScreenshotTask(id="12", **TASK)


def unversioned(value):
    return replace(value, version=0)


CASES: list[Any] = [
    pytest.param(
        RECORD_TEMPLATE,
        lambda tx: tx.record_template(5),
        lambda tx, one: tx.put_record_template(one),
        id="record-template",
    ),
    pytest.param(
        SNAPSHOT_TEMPLATE,
        lambda tx: tx.snapshot_template(6),
        lambda tx, one: tx.put_snapshot_template(one),
        id="snapshot-template",
    ),
    pytest.param(
        RECORD_RULE,
        lambda tx: tx.record_rule(RuleKey(KEY.domain, "live", "")),
        lambda tx, one: tx.put_record_rule(one),
        id="record-rule",
    ),
    pytest.param(
        SNAPSHOT_RULE,
        lambda tx: tx.snapshot_rule(RuleKey(KEY.domain, "", "room")),
        lambda tx, one: tx.put_snapshot_rule(one),
        id="snapshot-rule",
    ),
    pytest.param(
        RECORD_TASK,
        lambda tx: tx.record_task("11"),
        lambda tx, one: tx.put_record_task(one),
        id="record-task",
    ),
    pytest.param(
        SCREENSHOT_TASK,
        lambda tx: tx.screenshot_task("12"),
        lambda tx, one: tx.put_screenshot_task(one),
        id="screenshot-task",
    ),
]


@pytest.mark.parametrize(("value", "get", "put"), CASES)
def test_what_is_put_is_found_with_every_field(store, value, get, put):
    assert transact(store, get) is None
    before = store.config_version()
    transact(store, lambda tx: put(tx, value))
    assert transact(store, get) == replace(value, version=before + 1)
    assert store.config_version() == before + 1


def test_other_nodes_hear_of_all_of_it(store):
    values = [case.values for case in CASES]
    transact(store, lambda tx: [put(tx, value) for value, _, put in values])
    rows = store.load_config(0)
    held = Snapshot().apply(rows)
    recorded, pictured = held.record_rule_for(*KEY[1:]), held.snapshot_rule_for(*KEY[1:])
    assert recorded
    assert unversioned(recorded) == RECORD_TEMPLATE
    assert pictured
    assert unversioned(pictured) == SNAPSHOT_TEMPLATE
    assert [one.id for one in held.record_tasks_for(KEY, NOON_MS)] == ["11"]
    assert [one.id for one in held.screenshot_tasks_for(KEY, NOON_MS)] == ["12"]

    stopped = replace(RECORD_TASK, stopped_ms=NOON_MS + 5, updated_ms=NOON_MS + 5)

    def end(tx):
        tx.put_record_rule(replace(RECORD_RULE, deleted=True))
        tx.put_snapshot_template(replace(SNAPSHOT_TEMPLATE, deleted=True))
        tx.put_record_task(stopped)

    transact(store, end)
    later = held.apply(store.load_config(rows.version))
    assert later.record_rule_for(*KEY[1:]) is None
    assert later.snapshot_rule_for(*KEY[1:]) is None
    assert later.record_tasks_for(KEY, NOON_MS + 6) == []


def test_deleted_ones_are_found_no_more(store):
    def work(tx):
        tx.put_record_template(replace(RECORD_TEMPLATE, deleted=True))
        tx.put_snapshot_rule(replace(SNAPSHOT_RULE, deleted=True))
        return tx.record_template(5), tx.record_templates(1), tx.snapshot_rules(1)

    assert transact(store, work) == (None, [], [])


def test_lists_are_of_one_account_and_oldest_first(store):
    def work(tx):
        for n, owner, created in ((1, 1, 20), (2, 1, 10), (3, 2, 1)):
            tx.put_record_template(replace(RECORD_TEMPLATE, id=n, account_id=owner, created_ms=created))
            tx.put_record_rule(replace(RECORD_RULE, stream=str(n), account_id=owner, created_ms=created))
        return [one.id for one in tx.record_templates(1)], [one.stream for one in tx.record_rules(1)]

    assert transact(store, work) == ([2, 1], ["2", "1"])


def tasks(**change):
    return TaskFilter(**{"account_id": 1, "since_ms": 0, "until_ms": NOON_MS + DAY_MS, **change})


def test_tasks_are_found_by_their_start_and_names_page_by_page(store):
    def work(tx):
        changes: tuple[dict[str, Any], ...] = (
            {"start_ms": NOON_MS + 2},
            {"start_ms": NOON_MS + 1},
            {"start_ms": NOON_MS + 1, "stream": "hall"},
            {"account_id": 2},
            {"deleted_ms": NOON_MS},
        )
        for n, change in enumerate(changes):
            tx.put_record_task(replace(RECORD_TASK, id=str(n), **change))

        def ids(**wanted):
            return [one.id for one in tx.record_tasks(tasks(**wanted))]

        return (
            ids(),
            ids(limit=1),
            ids(limit=1, after=(NOON_MS + 1, "1")),
            ids(after=(NOON_MS + 2, "0")),
            ids(stream="hall"),
            ids(app="vod"),
            ids(since_ms=NOON_MS + 2),
            ids(until_ms=NOON_MS + 1),
        )

    assert transact(store, work) == (["1", "2", "0"], ["1"], ["2"], [], ["2"], [], ["0"], ["1", "2"])


def test_open_tasks_are_those_of_a_stream_that_may_still_run(store):
    def work(tx):
        changes: tuple[dict[str, Any], ...] = (
            {},
            {"stopped_ms": 1},
            {"end_ms": NOON_MS + 10},
            {"stream": "hall"},
            {"deleted_ms": 1},
        )
        for n, change in enumerate(changes):
            tx.put_screenshot_task(replace(SCREENSHOT_TASK, id=str(n), **change))
        return [one.id for one in tx.open_screenshot_tasks(KEY, NOON_MS + 10)]

    assert transact(store, work) == ["0"]


def test_delays_are_replaced_listed_and_forgotten(store):
    delay = StreamDelay(**KEY._asdict(), delay_s=30, created_ms=NOON_MS, expires_ms=NOON_MS + 100)

    def work(tx):
        tx.put_stream_delay(delay)
        tx.put_stream_delay(replace(delay, delay_s=60))
        tx.put_stream_delay(replace(delay, stream="hall", expires_ms=NOON_MS + 1))
        tx.put_stream_delay(replace(delay, account_id=2))
        return tx.stream_delay(KEY), tx.stream_delays(1, NOON_MS + 1)

    kept = replace(delay, delay_s=60)
    assert transact(store, work) == (kept, [kept])


def test_what_is_long_over_is_forgotten(store):
    def work(tx):
        tx.put_record_task(RECORD_TASK)
        tx.put_screenshot_task(replace(SCREENSHOT_TASK, end_ms=NOON_MS))
        tx.put_stream_delay(StreamDelay(**KEY._asdict(), delay_s=1, created_ms=0, expires_ms=NOON_MS))
        tx.forget_media(NOON_MS + 1, NOON_MS + 1)
        return tx.record_task("11") is None, tx.screenshot_task("12"), tx.stream_delay(KEY)

    assert transact(store, work) == (False, None, None)
