"""Which pictures are to be taken of a stream: by the rule that serves it, and by tasks beside it (contract 3.6, 5.4)."""

from collections.abc import Mapping

import msgspec

from airhook.core.snapshot import Snapshot
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.streams import StreamKey
from airhook.media.protocol import AuditSpec, JobSpec, SnapshotSpec


class PictureWants:
    """``audit`` is how templates with audit have it, ``audits`` how the settings want single ones, by id; what a
    template says itself counts before both.

    For ``MediaJobs.wants`` and ``.task_wants``.
    """

    def __init__(self, audit: AuditSpec, audits: Mapping[int, AuditSpec]) -> None:
        self._audit = audit
        self._audits = audits

    def by_rule(self, snapshot: Snapshot, key: StreamKey) -> dict[str, JobSpec]:
        template = snapshot.snapshot_rule_for(key.domain, key.app, key.stream)
        return {"snapshot": self._spec(template, "")} if template else {}

    def by_tasks(self, snapshot: Snapshot, key: StreamKey, now_ms: int) -> dict[str, JobSpec]:
        """A task whose template is gone takes no pictures."""
        jobs: dict[str, JobSpec] = {}
        for task in snapshot.screenshot_tasks_for(key, now_ms):
            template = snapshot.screenshot_template_of(task)
            if template is not None:
                jobs[f"snapshot:{task.id}"] = self._spec(template, task.id)
        return jobs

    def _spec(self, template: SnapshotTemplate, task_id: str) -> SnapshotSpec:
        return SnapshotSpec(
            every_s=float(template.interval_s),
            width=template.width,
            height=template.height,
            prefix=template.prefix,
            file_name=template.file_name,
            template_id=template.id,
            api_task_id=task_id,
            audit=self._audit_of(template) if template.audit else None,
        )

    def _audit_of(self, template: SnapshotTemplate) -> AuditSpec:
        given = msgspec.structs.asdict(template.audit_options).items()
        usual = self._audits.get(template.id, self._audit)
        return msgspec.structs.replace(usual, **{name: value for name, value in given if value is not None})
