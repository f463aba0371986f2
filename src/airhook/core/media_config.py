"""What is configured about recording and screenshots, as a part of the snapshot (design D13)."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from airhook.core.media_rules import RecordRule, RuleKey, SnapshotRule, serving
from airhook.core.media_tasks import MediaTask, RecordTask, ScreenshotTask
from airhook.core.record_templates import RecordTemplate
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.streams import StreamKey

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Any)
T = TypeVar("T", bound=MediaTask)
Tasks = Mapping[StreamKey, tuple[T, ...]]

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class MediaRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that changed after some version; deleted ones say so."""

    record_templates: list[RecordTemplate] = msgspec.field(default_factory=list)
    record_rules: list[RecordRule] = msgspec.field(default_factory=list)
    record_tasks: list[RecordTask] = msgspec.field(default_factory=list)
    snapshot_templates: list[SnapshotTemplate] = msgspec.field(default_factory=list)
    snapshot_rules: list[SnapshotRule] = msgspec.field(default_factory=list)
    screenshot_tasks: list[ScreenshotTask] = msgspec.field(default_factory=list)


class MediaConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Each mapping is the same object until something in it changes. Tasks are there until they are over."""

    record_templates: Mapping[int, RecordTemplate] = _NOTHING
    record_rules: Mapping[RuleKey, RecordRule] = _NOTHING
    record_tasks: Mapping[StreamKey, tuple[RecordTask, ...]] = _NOTHING
    snapshot_templates: Mapping[int, SnapshotTemplate] = _NOTHING
    snapshot_rules: Mapping[RuleKey, SnapshotRule] = _NOTHING
    screenshot_tasks: Mapping[StreamKey, tuple[ScreenshotTask, ...]] = _NOTHING

    def record_template_for(self, domain: str, app: str, stream: str) -> RecordTemplate | None:
        rule = serving(self.record_rules, domain, app, stream)
        return self.record_templates.get(rule.template_id) if rule else None

    def snapshot_template_for(self, domain: str, app: str, stream: str) -> SnapshotTemplate | None:
        rule = serving(self.snapshot_rules, domain, app, stream)
        return self.snapshot_templates.get(rule.template_id) if rule else None

    def apply(self, rows: MediaRows) -> "MediaConfig":
        return MediaConfig(
            record_templates=_merged(self.record_templates, rows.record_templates, lambda one: one.id),
            record_rules=_merged(self.record_rules, rows.record_rules, lambda one: one.key),
            record_tasks=_with_tasks(self.record_tasks, rows.record_tasks),
            snapshot_templates=_merged(self.snapshot_templates, rows.snapshot_templates, lambda one: one.id),
            snapshot_rules=_merged(self.snapshot_rules, rows.snapshot_rules, lambda one: one.key),
            screenshot_tasks=_with_tasks(self.screenshot_tasks, rows.screenshot_tasks),
        )


def _merged(held: Mapping[K, V], changed: Sequence[V], key: Callable[[V], K]) -> Mapping[K, V]:
    if not changed:
        return held
    merged = dict(held)
    for one in changed:
        if one.deleted:
            merged.pop(key(one), None)
        else:
            merged[key(one)] = one
    return merged


def _with_tasks(held: Tasks[T], changed: Sequence[T]) -> Tasks[T]:
    if not changed:
        return held
    now_ms = max(task.updated_ms for task in changed)
    known = {task.id: task for tasks in held.values() for task in tasks}
    known.update((task.id, task) for task in changed)
    grouped: dict[StreamKey, tuple[T, ...]] = {}
    for task in known.values():
        if not task.is_over(now_ms):
            grouped[task.key] = (*grouped.get(task.key, ()), task)
    return grouped
