"""Record templates: create, change, delete, read (contract 3.7)."""

import itertools
from typing import Any

from airhook.cloudapi import errors
from airhook.cloudapi.actions.templates import Created
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.paging import within
from airhook.cloudapi.parameters import Int64, Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.control import media_templates
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.core import record_templates as core
from airhook.core.record_templates import RecordFormat, RecordTemplate

_PARAMS = {format_: f"{format_.value}_param" for format_ in RecordFormat}
"""The parameter of each format, in our spelling."""

_SETTINGS = {
    "enable": "enabled",
    "record_interval": "interval_s",
    "storage_time": "storage_s",
    "vod_sub_app_id": "vod_sub_app_id",
    "vod_file_name": "file_name",
    "procedure": "procedure",
    "storage_mode": "storage_mode",
    "class_id": "class_id",
    "cos_bucket_name": "cos_bucket_name",
    "cos_bucket_region": "cos_bucket_region",
    "cos_bucket_path": "cos_bucket_path",
}
"""What the API calls the settings of a format."""


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


_FAILURES = Failures(
    values={f"params.{format_}.file_name": errors.InvalidVodFileName for format_ in RecordFormat},
    names={
        "hls_continue_s": "HlsSpecialParam.FlowContinueDuration",
        **{
            f"params.{format_}.{ours}": f"{_pascal(_PARAMS[format_])}.{_pascal(theirs)}"
            for format_, (theirs, ours) in itertools.product(RecordFormat, _SETTINGS.items())
        },
    },
)


class _RecordParam(Parameters, kw_only=True):
    """None leaves a value as it is."""

    record_interval: Int64 | None = None
    storage_time: Int64 | None = None
    enable: Int64 | None = None
    vod_sub_app_id: Int64 | None = None
    vod_file_name: str | None = None
    procedure: str | None = None
    storage_mode: str | None = None
    class_id: Int64 | None = None
    cos_bucket_name: str | None = None
    cos_bucket_region: str | None = None
    cos_bucket_path: str | None = None


class _HlsSpecialParam(Parameters):
    flow_continue_duration: UInt64 | None = None


class _FlvSpecialParam(Parameters):
    upload_in_recording: bool | None = None


class _Settings(Parameters, kw_only=True):
    """What create and modify have in common. None leaves a value as it is."""

    description: str | None = None
    flv_param: _RecordParam | None = None
    hls_param: _RecordParam | None = None
    mp4_param: _RecordParam | None = None
    aac_param: _RecordParam | None = None
    mp3_param: _RecordParam | None = None
    hls_special_param: _HlsSpecialParam | None = None
    flv_special_param: _FlvSpecialParam | None = None
    remove_watermark: bool | None = None


class CreateLiveRecordTemplate(_Settings, kw_only=True):
    template_name: str
    is_delay_live: Int64 = 0
    cos_store: Int64 | None = None


class ModifyLiveRecordTemplate(_Settings, kw_only=True):
    template_id: Int64
    template_name: str | None = None


class DeleteLiveRecordTemplate(Parameters):
    template_id: Int64


class DescribeLiveRecordTemplate(Parameters):
    template_id: Int64


class DescribeLiveRecordTemplates(Parameters):
    is_delay_live: Int64 = 0


class RecordParam(Fields, kw_only=True):
    record_interval: int
    storage_time: int
    enable: int
    vod_sub_app_id: int
    vod_file_name: str
    procedure: str
    storage_mode: str
    class_id: int
    cos_bucket_name: str
    cos_bucket_region: str
    cos_bucket_path: str


class HlsSpecialParam(Fields):
    flow_continue_duration: int


class FlvSpecialParam(Fields):
    upload_in_recording: bool


class RecordTemplateInfo(Fields, kw_only=True):
    template_id: int
    template_name: str
    description: str
    flv_param: RecordParam
    hls_param: RecordParam
    mp4_param: RecordParam
    aac_param: RecordParam
    is_delay_live: int = 0
    hls_special_param: HlsSpecialParam
    mp3_param: RecordParam
    remove_watermark: bool
    cos_store: int
    flv_special_param: FlvSpecialParam


class RecordTemplateAnswer(Fields):
    template: RecordTemplateInfo


class RecordTemplatesAnswer(Fields):
    templates: list[RecordTemplateInfo]


@answers(CreateLiveRecordTemplate, _FAILURES)
async def create(call: Call, wanted: CreateLiveRecordTemplate) -> Created:
    if within("IsDelayLive", wanted.is_delay_live, 0, 1):
        raise errors.UnsupportedOperation("Airhook has no slow live (IsDelayLive)")
    form = _form(wanted, wanted.template_name, wanted.cos_store)
    template = await media_templates.create(call.desk, RECORD, call.account_id, form)
    return Created(template_id=template.id)


@answers(ModifyLiveRecordTemplate, _FAILURES)
async def modify(call: Call, wanted: ModifyLiveRecordTemplate) -> None:
    form = _form(wanted, wanted.template_name)
    await media_templates.change(call.desk, RECORD, call.account_id, wanted.template_id, form)


@answers(DeleteLiveRecordTemplate, Failures(not_found=errors.InternalConfNotFound))
async def delete(call: Call, wanted: DeleteLiveRecordTemplate) -> None:
    await media_templates.delete(call.desk, RECORD, call.account_id, wanted.template_id)


@answers(DescribeLiveRecordTemplate)
async def describe(call: Call, wanted: DescribeLiveRecordTemplate) -> RecordTemplateAnswer:
    found = await media_templates.get(call.desk, RECORD, call.account_id, wanted.template_id)
    return RecordTemplateAnswer(template=_info(found))


@answers(DescribeLiveRecordTemplates)
async def describe_all(call: Call, wanted: DescribeLiveRecordTemplates) -> RecordTemplatesAnswer:
    slow = within("IsDelayLive", wanted.is_delay_live, 0, 1)
    found = [] if slow else await media_templates.list_all(call.desk, RECORD, call.account_id)
    return RecordTemplatesAnswer(templates=[_info(template) for template in found])


def _form(wanted: _Settings, name: str | None, cos_store: int | None = None) -> RecordTemplateForm:
    given = {format_: getattr(wanted, attribute) for format_, attribute in _PARAMS.items()}
    hls, flv = wanted.hls_special_param, wanted.flv_special_param
    return RecordTemplateForm(
        name=name,
        description=wanted.description,
        params={
            format_: _param_form(_pascal(_PARAMS[format_]), param)
            for format_, param in given.items()
            if param is not None
        },
        hls_continue_s=hls.flow_continue_duration if hls else None,
        flv_upload_in_recording=flv.upload_in_recording if flv else None,
        remove_watermark=wanted.remove_watermark,
        cos_store=cos_store,
    )


def _param_form(name: str, param: _RecordParam) -> ParamForm:
    given = {ours: getattr(param, theirs) for theirs, ours in _SETTINGS.items()}
    if param.enable is not None:
        given["enabled"] = bool(within(f"{name}.Enable", param.enable, 0, 1))
    return ParamForm(**given)


def _info(template: RecordTemplate) -> RecordTemplateInfo:
    params: dict[str, Any] = {
        attribute: _param(template.params.get(format_, core.RecordParam()))
        for format_, attribute in _PARAMS.items()
    }
    return RecordTemplateInfo(
        template_id=template.id,
        template_name=template.name,
        description=template.description,
        hls_special_param=HlsSpecialParam(flow_continue_duration=template.hls_continue_s),
        remove_watermark=template.remove_watermark,
        cos_store=template.cos_store,
        flv_special_param=FlvSpecialParam(upload_in_recording=template.flv_upload_in_recording),
        **params,
    )


def _param(param: core.RecordParam) -> RecordParam:
    told = {theirs: getattr(param, ours) for theirs, ours in _SETTINGS.items()}
    return RecordParam(**{**told, "enable": int(param.enabled)})
