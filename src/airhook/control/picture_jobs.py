"""Which pictures are to be taken of a stream: by the rule that serves it, and by tasks beside it (contract 3.6, 5.4)."""

from airhook.core.snapshot import Snapshot
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.streams import StreamKey
from airhook.media.protocol import AuditSpec, SnapshotSpec


def rule_job(snapshot: Snapshot, key: StreamKey, audit: AuditSpec) -> SnapshotSpec | None:
    """What the rule of a push that starts now asks for; ``audit`` is how templates with audit have it."""
    template = snapshot.snapshot_rule_for(key.domain, key.app, key.stream)
    return _spec(template, "", audit) if template else None


def task_jobs(snapshot: Snapshot, key: StreamKey, now_ms: int, audit: AuditSpec) -> dict[str, SnapshotSpec]:
    """By the id of the task: those that run now. One whose template is gone takes no pictures."""
    jobs = {}
    for task in snapshot.screenshot_tasks_for(key, now_ms):
        template = snapshot.screenshot_template_of(task)
        if template is not None:
            jobs[task.id] = _spec(template, task.id, audit)
    return jobs


def _spec(template: SnapshotTemplate, task_id: str, audit: AuditSpec) -> SnapshotSpec:
    return SnapshotSpec(
        every_s=float(template.interval_s),
        width=template.width,
        height=template.height,
        prefix=template.prefix,
        file_name=template.file_name,
        template_id=template.id,
        api_task_id=task_id,
        audit=audit if template.audit else None,
    )
