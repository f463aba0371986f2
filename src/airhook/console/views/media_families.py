"""The two families of media templates, recording and screenshots: what each shows, and how its form is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airhook.console.forms import Form
from airhook.console.words import N_
from airhook.control.media_rules import RECORD_RULES, SNAPSHOT_RULES, RuleKind
from airhook.control.media_templates import TemplateKind
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.control.snapshot_templates import SNAPSHOT, AuditForm, SnapshotTemplateForm
from airhook.core.errors import InvalidError
from airhook.core.record_templates import RecordFormat, RecordParam, RecordTemplate
from airhook.core.snapshot_templates import USUAL_INTERVAL_S, AuditOptions, SnapshotTemplate

FORMATS = (RecordFormat.HLS, RecordFormat.FLV, RecordFormat.MP4, RecordFormat.AAC)
MINUTE_S, DAY_S = 60, 86_400
SCORES = ("block", "review", "review_hot")


@dataclass(frozen=True, kw_only=True)
class Family:
    folder: str  # of its templates, and of its address
    title: str
    create: str  # titles of dialogs
    edit: str
    kind: TemplateKind[Any]
    rules: RuleKind[Any]
    blank: Callable[[], Form]
    shown: Callable[[Any], Form]
    filled: Callable[[Form], Any]


def _record_blank() -> Form:
    return Form.of({**_params(RecordTemplate(id=0, account_id=0, name="")), "hls.enabled": "on"})


def _record_shown(template: RecordTemplate) -> Form:
    return Form.of(
        {
            "name": template.name,
            "description": template.description,
            "version": str(template.version),
            "hls_continue_s": str(template.hls_continue_s),
            **_params(template),
        }
    )


def _params(template: RecordTemplate) -> dict[str, str]:
    fields: dict[str, str] = {"hls_continue_s": str(template.hls_continue_s)}
    for format_ in FORMATS:
        param = template.params.get(format_, RecordParam())
        fields[f"{format_}.interval_s"] = f"{param.interval_s / MINUTE_S:g}"
        fields[f"{format_}.storage_s"] = f"{param.storage_s / DAY_S:g}"
        fields[f"{format_}.file_name"] = param.file_name
        if param.enabled:
            fields[f"{format_}.enabled"] = "on"
    return fields


def _record_filled(form: Form) -> RecordTemplateForm:
    params = {
        format_: ParamForm(
            enabled=form.has(f"{format_}.enabled"),
            interval_s=_times(
                form, f"{format_}.interval_s", MINUTE_S, 0 if format_ is RecordFormat.HLS else None
            ),
            storage_s=_times(form, f"{format_}.storage_s", DAY_S, 0),
            file_name=form.value(f"{format_}.file_name"),
        )
        for format_ in FORMATS
    }
    if not any(param.enabled for param in params.values()):
        raise InvalidError("formats", "choose at least one", rule="required")
    return RecordTemplateForm(
        name=form.value("name"),
        description=form.value("description"),
        params=params,
        hls_continue_s=_times(form, "hls_continue_s", 1, 0),
    )


def _snapshot_blank() -> Form:
    return Form.of({"interval_s": str(USUAL_INTERVAL_S), "width": "0", "height": "0"})


def _snapshot_shown(template: SnapshotTemplate) -> Form:
    return Form.of(
        {
            "name": template.name,
            "description": template.description,
            "version": str(template.version),
            "interval_s": str(template.interval_s),
            "width": str(template.width),
            "height": str(template.height),
            "prefix": template.prefix,
            "file_name": template.file_name,
            **({"audit": "on"} if template.audit else {}),
            **_audit_shown(template.audit_options),
        }
    )


def _snapshot_filled(form: Form) -> SnapshotTemplateForm:
    return SnapshotTemplateForm(
        name=form.value("name"),
        description=form.value("description"),
        interval_s=_times(form, "interval_s", 1, None),
        width=_times(form, "width", 1, 0),
        height=_times(form, "height", 1, 0),
        audit=form.has("audit"),
        audit_options=_audit_filled(form),
        prefix=form.value("prefix"),
        file_name=form.value("file_name"),
    )


def _audit_shown(options: AuditOptions) -> dict[str, str]:
    fields = {name: getattr(options, name) for name in SCORES}
    shown = {f"audit_options.{name}": str(score) for name, score in fields.items() if score is not None}
    if options.send_pass is not None:
        shown["audit_options.send_pass"] = "yes" if options.send_pass else "no"
    return shown


def _audit_filled(form: Form) -> AuditForm:
    """Empty is what the server's settings say; a form without these fields leaves them."""
    given: dict[str, Any] = {}
    for name in SCORES:
        if form.came(field := f"audit_options.{name}"):
            given[name] = _times(form, field, 1, 0) if form.value(field) else None
    if form.came("audit_options.send_pass"):
        given["send_pass"] = {"yes": True, "no": False}.get(form.value("audit_options.send_pass"))
    return AuditForm(**given)


def _times(form: Form, field: str, unit_s: int, empty: int | None) -> int:
    """A number of units, in seconds; ``empty`` is what nothing typed means. Raises ``InvalidError``."""
    text = form.value(field)
    if not text and empty is not None:
        return empty
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < 10**7:
        raise InvalidError(field, "must be a number", rule="format")
    return round(number * unit_s)


RECORDING = Family(
    folder="recording",
    title=N_("Recording templates"),
    create=N_("Create recording template"),
    edit=N_("Edit recording template"),
    kind=RECORD,
    rules=RECORD_RULES,
    blank=_record_blank,
    shown=_record_shown,
    filled=_record_filled,
)
SCREENSHOTS = Family(
    folder="screenshots",
    title=N_("Screenshot and audit templates"),
    create=N_("Create screenshot template"),
    edit=N_("Edit screenshot template"),
    kind=SNAPSHOT,
    rules=SNAPSHOT_RULES,
    blank=_snapshot_blank,
    shown=_snapshot_shown,
    filled=_snapshot_filled,
)
FAMILIES = (RECORDING, SCREENSHOTS)
