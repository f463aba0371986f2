"""Recording, screenshots and delays within a transaction.

Templates, rules and tasks are configuration; deleted ones stay as tombstones, so that every node hears of the deletion.
"""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Table, false, tuple_

from airhook.core.media_rules import MediaRule, RecordRule, RuleKey, SnapshotRule
from airhook.core.media_tasks import MediaTask, RecordTask, ScreenshotTask, TaskFilter
from airhook.core.record_templates import RecordTemplate
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.stream_delays import StreamDelay
from airhook.core.streams import StreamKey
from airhook.storage import media_tables as tables
from airhook.storage.config_tx import ConfigTx
from airhook.storage.records import Where
from airhook.storage.rows import (
    RECORD_RULES,
    RECORD_TASKS,
    RECORD_TEMPLATES,
    SCREENSHOT_TASKS,
    SNAPSHOT_RULES,
    SNAPSHOT_TEMPLATES,
    STREAM_DELAYS,
    Kind,
)

S = TypeVar("S", RecordTemplate, SnapshotTemplate)
R = TypeVar("R", bound=MediaRule)
T = TypeVar("T", bound=MediaTask)
V = TypeVar("V", bound=RecordTemplate | SnapshotTemplate | MediaRule | MediaTask)

_DELAY_KEY = tuple(tables.stream_delays.c[name] for name in StreamKey._fields)


class MediaTx(ConfigTx):
    def record_template(self, template_id: int) -> RecordTemplate | None:
        return self._template(RECORD_TEMPLATES, template_id)

    def record_templates(self, account_id: int) -> list[RecordTemplate]:
        return self._templates(RECORD_TEMPLATES, account_id)

    def put_record_template(self, template: RecordTemplate) -> None:
        self._put_versioned(RECORD_TEMPLATES, template)

    def record_rule(self, key: RuleKey) -> RecordRule | None:
        return self._rule(RECORD_RULES, key)

    def record_rules(self, account_id: int) -> list[RecordRule]:
        return self._rules(RECORD_RULES, account_id)

    def put_record_rule(self, rule: RecordRule) -> None:
        self._put_versioned(RECORD_RULES, rule)

    def record_task(self, task_id: str) -> RecordTask | None:
        return self._one(RECORD_TASKS, tables.record_tasks.c.id == task_id)

    def record_tasks(self, wanted: TaskFilter) -> list[RecordTask]:
        return self._tasks(RECORD_TASKS, wanted)

    def open_record_tasks(self, key: StreamKey, now_ms: int) -> list[RecordTask]:
        return self._open_tasks(RECORD_TASKS, key, now_ms)

    def put_record_task(self, task: RecordTask) -> None:
        self._put_versioned(RECORD_TASKS, task)

    def snapshot_template(self, template_id: int) -> SnapshotTemplate | None:
        return self._template(SNAPSHOT_TEMPLATES, template_id)

    def snapshot_templates(self, account_id: int) -> list[SnapshotTemplate]:
        return self._templates(SNAPSHOT_TEMPLATES, account_id)

    def put_snapshot_template(self, template: SnapshotTemplate) -> None:
        self._put_versioned(SNAPSHOT_TEMPLATES, template)

    def snapshot_rule(self, key: RuleKey) -> SnapshotRule | None:
        return self._rule(SNAPSHOT_RULES, key)

    def snapshot_rules(self, account_id: int) -> list[SnapshotRule]:
        return self._rules(SNAPSHOT_RULES, account_id)

    def put_snapshot_rule(self, rule: SnapshotRule) -> None:
        self._put_versioned(SNAPSHOT_RULES, rule)

    def screenshot_task(self, task_id: str) -> ScreenshotTask | None:
        return self._one(SCREENSHOT_TASKS, tables.screenshot_tasks.c.id == task_id)

    def screenshot_tasks(self, wanted: TaskFilter) -> list[ScreenshotTask]:
        return self._tasks(SCREENSHOT_TASKS, wanted)

    def open_screenshot_tasks(self, key: StreamKey, now_ms: int) -> list[ScreenshotTask]:
        return self._open_tasks(SCREENSHOT_TASKS, key, now_ms)

    def put_screenshot_task(self, task: ScreenshotTask) -> None:
        self._put_versioned(SCREENSHOT_TASKS, task)

    def stream_delay(self, key: StreamKey) -> StreamDelay | None:
        return self._one(STREAM_DELAYS, *_is(_DELAY_KEY, key))

    def stream_delays(self, account_id: int, now_ms: int) -> list[StreamDelay]:
        table = tables.stream_delays.c
        return self._list(
            STREAM_DELAYS, table.account_id == account_id, table.expires_ms > now_ms, order=_DELAY_KEY
        )

    def put_stream_delay(self, delay: StreamDelay) -> None:
        self._put(STREAM_DELAYS, delay)

    def forget_media(self, tasks_before_ms: int, now_ms: int) -> None:
        """Take out tasks that ended before, and delays that are over."""
        for table in (tables.record_tasks, tables.screenshot_tasks):
            self._write(table.delete().where(table.c.end_ms < tasks_before_ms))
        delays = tables.stream_delays
        self._write(delays.delete().where(delays.c.expires_ms < now_ms))

    # --- what the kinds have in common ---

    def _template(self, kind: Kind[S], template_id: int) -> S | None:
        table = kind.table.c
        return self._one(kind, table.id == template_id, table.deleted == false())

    def _templates(self, kind: Kind[S], account_id: int) -> list[S]:
        table = kind.table.c
        mine = (table.account_id == account_id, table.deleted == false())
        return self._list(kind, *mine, order=(table.created_ms, table.id))

    def _rule(self, kind: Kind[R], key: RuleKey) -> R | None:
        return self._one(kind, *_is(_key_of(kind.table), key), kind.table.c.deleted == false())

    def _rules(self, kind: Kind[R], account_id: int) -> list[R]:
        table = kind.table.c
        mine = (table.account_id == account_id, table.deleted == false())
        return self._list(kind, *mine, order=(table.created_ms, *_key_of(kind.table)))

    def _tasks(self, kind: Kind[T], wanted: TaskFilter) -> list[T]:
        table = kind.table.c
        named = {"domain": wanted.domain, "app": wanted.app, "stream": wanted.stream}
        where = (
            table.account_id == wanted.account_id,
            table.deleted_ms == 0,
            table.start_ms.between(wanted.since_ms, wanted.until_ms),
            tuple_(table.start_ms, table.id) > tuple_(*wanted.after),
            *(table[name] == value for name, value in named.items() if value is not None),
        )
        query = kind.select.where(*where).order_by(table.start_ms, table.id).limit(wanted.limit)
        return [kind.value(row, self._box) for row in self._core.execute(query).mappings()]

    def _open_tasks(self, kind: Kind[T], key: StreamKey, now_ms: int) -> list[T]:
        table = kind.table.c
        found = self._list(
            kind,
            *(table[name] == part for name, part in key._asdict().items()),
            table.end_ms > now_ms,
            order=(table.start_ms, table.id),
        )
        return [task for task in found if not task.is_over(now_ms)]

    def _put_versioned(self, kind: Kind[V], value: V) -> None:
        self._put(kind, msgspec.structs.replace(value, version=self._next_version()))


def _key_of(table: Table) -> tuple[ColumnElement[Any], ...]:
    return tuple(table.c[name] for name in RuleKey._fields)


def _is(columns: tuple[ColumnElement[Any], ...], key: tuple[object, ...]) -> list[Where]:
    return [column == part for column, part in zip(columns, key, strict=True)]
