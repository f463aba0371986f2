"""Callback templates: create, change, delete, read (contract 3.2)."""

from airhook.cloudapi import errors
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.parameters import Int64, Parameters
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.control import templates
from airhook.control.templates import TemplateForm
from airhook.core.events import EventType
from airhook.core.templates import CallbackTemplate

_URLS = {
    "stream_begin_notify_url": EventType.PUSH_STARTED,
    "stream_end_notify_url": EventType.PUSH_ENDED,
    "record_notify_url": EventType.RECORD_FILE,
    "record_status_notify_url": EventType.RECORD_STATUS,
    "snapshot_notify_url": EventType.SCREENSHOT,
    "porn_censorship_notify_url": EventType.IMAGE_AUDIT,
    "push_exception_notify_url": EventType.PUSH_EXCEPTION,
    "audio_audit_notify_url": EventType.AUDIO_AUDIT,
    "record_exception_notify_url": EventType.RECORD_EXCEPTION,
}
"""Which event hears of which URL. The types of newer consoles have no field in the API (contract C-50)."""

_FAILURES = Failures(
    values={
        "name": errors.ArgsNotMatch,
        "urls": errors.InvalidParameter,
        "urls.*:unsafe": errors.UrlNotSafe,
    },
    names={
        "urls": "The callback URLs",
        **{
            f"urls.{kind.value}": "".join(part.capitalize() for part in attribute.split("_"))
            for attribute, kind in _URLS.items()
        },
    },
)


class _Settings(Parameters, kw_only=True):
    """What create and modify have in common. None leaves a value as it is."""

    description: str | None = None
    stream_begin_notify_url: str | None = None
    stream_end_notify_url: str | None = None
    record_notify_url: str | None = None
    record_status_notify_url: str | None = None
    snapshot_notify_url: str | None = None
    porn_censorship_notify_url: str | None = None
    callback_key: str | None = None
    push_exception_notify_url: str | None = None
    audio_audit_notify_url: str | None = None
    record_exception_notify_url: str | None = None
    record_exception_levels: list[str] | None = None


class CreateLiveCallbackTemplate(_Settings, kw_only=True):
    template_name: str
    stream_mix_notify_url: str | None = None  # long dead: taken and forgotten (contract C-46)


class ModifyLiveCallbackTemplate(_Settings, kw_only=True):
    template_id: Int64
    template_name: str | None = None


class DeleteLiveCallbackTemplate(Parameters):
    template_id: Int64


class DescribeLiveCallbackTemplate(Parameters):
    template_id: Int64


class DescribeLiveCallbackTemplates(Parameters):
    pass


class CallBackTemplateInfo(Fields, kw_only=True):
    """``RecordStatusNotifyUrl`` is more than the service answers: else nobody could read it (contract C-12)."""

    template_id: int
    template_name: str
    description: str
    stream_begin_notify_url: str
    stream_mix_notify_url: str = ""
    stream_end_notify_url: str
    record_notify_url: str
    record_status_notify_url: str
    snapshot_notify_url: str
    porn_censorship_notify_url: str
    callback_key: str
    push_exception_notify_url: str
    audio_audit_notify_url: str
    record_exception_notify_url: str
    record_exception_levels: list[str]


class Created(Fields):
    template_id: int


class Template(Fields):
    template: CallBackTemplateInfo


class Templates(Fields):
    templates: list[CallBackTemplateInfo]


@answers(CreateLiveCallbackTemplate, _FAILURES)
async def create(call: Call, wanted: CreateLiveCallbackTemplate) -> Created:
    template = await templates.create(call.desk, call.account_id, _form(wanted, wanted.template_name))
    return Created(template_id=template.id)


@answers(ModifyLiveCallbackTemplate, _FAILURES)
async def modify(call: Call, wanted: ModifyLiveCallbackTemplate) -> None:
    await templates.change(
        call.desk, call.account_id, wanted.template_id, _form(wanted, wanted.template_name)
    )


@answers(DeleteLiveCallbackTemplate)
async def delete(call: Call, wanted: DeleteLiveCallbackTemplate) -> None:
    await templates.delete(call.desk, call.account_id, wanted.template_id)


@answers(DescribeLiveCallbackTemplate)
async def describe(call: Call, wanted: DescribeLiveCallbackTemplate) -> Template:
    return Template(template=_info(await templates.get(call.desk, call.account_id, wanted.template_id)))


@answers(DescribeLiveCallbackTemplates)
async def describe_all(call: Call, _: DescribeLiveCallbackTemplates) -> Templates:
    found = await templates.list_all(call.desk, call.account_id)
    return Templates(templates=[_info(template) for template in found])


def _form(wanted: _Settings, name: str | None) -> TemplateForm:
    given = {kind.value: getattr(wanted, attribute) for attribute, kind in _URLS.items()}
    return TemplateForm(
        name=name,
        description=wanted.description,
        urls={kind: url for kind, url in given.items() if url is not None},
        callback_key=wanted.callback_key,
        record_exception_levels=_levels(wanted.record_exception_levels),
    )


def _levels(given: list[str] | None) -> list[str] | None:
    """Each level once. The console's word for a warning is ``alarm`` (contract C-13)."""
    if given is None:
        return None
    return list(dict.fromkeys("warning" if level == "alarm" else level for level in given))


def _info(template: CallbackTemplate) -> CallBackTemplateInfo:
    return CallBackTemplateInfo(
        template_id=template.id,
        template_name=template.name,
        description=template.description,
        callback_key=template.callback_key,
        record_exception_levels=template.record_exception_levels,
        **{attribute: template.urls.get(kind, "") for attribute, kind in _URLS.items()},
    )
