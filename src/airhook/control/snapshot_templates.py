"""What is filled in of a snapshot template, and the kind for ``media_templates``."""

import msgspec

from airhook.control.media_templates import TemplateKind
from airhook.core.snapshot_templates import AuditOptions, SnapshotTemplate, check_snapshot_template

SNAPSHOT = TemplateKind(
    word="snapshot",
    type=SnapshotTemplate,
    check=check_snapshot_template,
    get=lambda tx, template_id: tx.snapshot_template(template_id),
    all=lambda tx, account_id: tx.snapshot_templates(account_id),
    put=lambda tx, template: tx.put_snapshot_template(template),
    rules=lambda tx, account_id: tx.snapshot_rules(account_id),
)


class AuditForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in of the audit. Absent leaves a value as it is; None is what the server's settings say."""

    block: int | msgspec.UnsetType | None = msgspec.UNSET
    review: int | msgspec.UnsetType | None = msgspec.UNSET
    review_hot: int | msgspec.UnsetType | None = msgspec.UNSET
    send_pass: bool | msgspec.UnsetType | None = msgspec.UNSET

    def fill(self, old: AuditOptions) -> AuditOptions:
        given = msgspec.structs.asdict(self).items()
        return msgspec.structs.replace(
            old, **{name: value for name, value in given if value is not msgspec.UNSET}
        )


class SnapshotTemplateForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in. None leaves a value as it is; an empty pattern is the usual one."""

    name: str | None = None
    description: str | None = None
    interval_s: int | None = None
    width: int | None = None
    height: int | None = None
    audit: bool | None = None
    audit_options: AuditForm | None = None
    prefix: str | None = None
    file_name: str | None = None
    cos_app_id: int | None = None
    cos_bucket: str | None = None
    cos_region: str | None = None

    def fill(self, old: SnapshotTemplate) -> SnapshotTemplate:
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}
        if self.audit_options is not None:
            given["audit_options"] = self.audit_options.fill(old.audit_options)
        return msgspec.structs.replace(old, **given)
