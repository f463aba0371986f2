"""What is filled in of a record template, and the kind for ``media_templates``."""

import msgspec

from airhook.control.media_templates import TemplateKind
from airhook.core.record_templates import RecordFormat, RecordParam, RecordTemplate, check_record_template

RECORD = TemplateKind(
    word="record",
    type=RecordTemplate,
    check=check_record_template,
    get=lambda tx, template_id: tx.record_template(template_id),
    all=lambda tx, account_id: tx.record_templates(account_id),
    put=lambda tx, template: tx.put_record_template(template),
    rules=lambda tx, account_id: tx.record_rules(account_id),
)


class ParamForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in of one format. None leaves a value as it is."""

    enabled: bool | None = None
    interval_s: int | None = None
    storage_s: int | None = None
    file_name: str | None = None
    vod_sub_app_id: int | None = None
    procedure: str | None = None
    storage_mode: str | None = None
    class_id: int | None = None
    cos_bucket_name: str | None = None
    cos_bucket_region: str | None = None
    cos_bucket_path: str | None = None


class RecordTemplateForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in. None, and a format that is not named, leave a value as it is."""

    name: str | None = None
    description: str | None = None
    params: dict[RecordFormat, ParamForm] = msgspec.field(default_factory=dict)
    hls_continue_s: int | None = None
    flv_upload_in_recording: bool | None = None
    remove_watermark: bool | None = None
    cos_store: int | None = None

    def fill(self, old: RecordTemplate) -> RecordTemplate:
        params = {
            format_: _filled(old.params.get(format_, RecordParam()), form)
            for format_, form in self.params.items()
        }
        return msgspec.structs.replace(old, **{**_given(self), "params": {**old.params, **params}})


def _filled(old: RecordParam, form: ParamForm) -> RecordParam:
    return msgspec.structs.replace(old, **_given(form))


def _given(form: msgspec.Struct) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(form).items() if value is not None}
