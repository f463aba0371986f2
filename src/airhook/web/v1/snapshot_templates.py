"""``/v1/snapshot-templates/…``: how pictures of a template are judged. CSS has no such fields."""

from airhook.control import config_shapes, media_templates
from airhook.control.config_shapes import ShownSnapshotTemplate
from airhook.control.snapshot_templates import SNAPSHOT, AuditForm, SnapshotTemplateForm
from airhook.core.errors import InvalidError
from airhook.web.v1.operations import Call, Operation

PATH = "/v1/snapshot-templates/{template}"


class AuditChange(AuditForm, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays as it is; null is what the server's settings say.

    Scores are those from which on a picture is blocked or reviewed, 0 to 100; 101 is never.
    """


async def change(call: Call) -> ShownSnapshotTemplate:
    asked: AuditChange = call.read(AuditChange)
    form = SnapshotTemplateForm(audit_options=asked)
    try:
        changed = await media_templates.change(
            call.desk, SNAPSHOT, call.account_id, call.number("template"), form
        )
    except InvalidError as error:
        raise InvalidError(
            error.field.removeprefix("audit_options."), error.reason, rule=error.rule
        ) from None
    return config_shapes.snapshot_template(changed)


OPERATIONS = (
    Operation(
        method="PATCH",
        path=PATH,
        name="changeSnapshotTemplateAudit",
        summary="Change how the pictures of a snapshot template are judged",
        act=change,
        body=AuditChange,
        answer=ShownSnapshotTemplate,
        refusals=(400, 404),
    ),
)
