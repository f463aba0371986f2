"""Snapshot templates: create, change, delete, read (contract 3.6)."""

from airhook.cloudapi import errors
from airhook.cloudapi.actions.templates import Created
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.paging import within
from airhook.cloudapi.parameters import Int64, Parameters
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.control import media_templates
from airhook.control.snapshot_templates import SNAPSHOT, SnapshotTemplateForm
from airhook.core.snapshot_templates import USUAL_FILE_NAME, USUAL_PREFIX, SnapshotTemplate

_FAILURES = Failures(
    values={"prefix": errors.CosCustomFileNameError, "file_name": errors.CosCustomFileNameError},
    names={"prefix": "CosPrefix", "file_name": "CosFileName", "interval_s": "SnapshotInterval"},
)


class _Settings(Parameters, kw_only=True):
    """What create and modify have in common. None leaves a value as it is."""

    cos_app_id: Int64
    cos_bucket: str
    cos_region: str
    description: str | None = None
    snapshot_interval: Int64 | None = None
    width: Int64 | None = None
    height: Int64 | None = None
    porn_flag: Int64 | None = None
    cos_prefix: str | None = None
    cos_file_name: str | None = None


class CreateLiveSnapshotTemplate(_Settings, kw_only=True):
    template_name: str


class ModifyLiveSnapshotTemplate(_Settings, kw_only=True):
    template_id: Int64
    template_name: str | None = None


class DeleteLiveSnapshotTemplate(Parameters):
    template_id: Int64


class DescribeLiveSnapshotTemplate(Parameters):
    template_id: Int64


class DescribeLiveSnapshotTemplates(Parameters):
    pass


class SnapshotTemplateInfo(Fields, kw_only=True):
    """There are no stores of others, so the keys of one are empty."""

    template_id: int
    template_name: str
    snapshot_interval: int
    width: int
    height: int
    porn_flag: int
    cos_app_id: int
    cos_bucket: str
    cos_region: str
    description: str
    cos_prefix: str
    cos_file_name: str
    cos_secret_id: str = ""
    cos_secret_key: str = ""


class SnapshotTemplateAnswer(Fields):
    template: SnapshotTemplateInfo


class SnapshotTemplatesAnswer(Fields):
    templates: list[SnapshotTemplateInfo]


@answers(CreateLiveSnapshotTemplate, _FAILURES)
async def create(call: Call, wanted: CreateLiveSnapshotTemplate) -> Created:
    form = _form(wanted, wanted.template_name)
    template = await media_templates.create(call.desk, SNAPSHOT, call.account_id, form)
    return Created(template_id=template.id)


@answers(ModifyLiveSnapshotTemplate, _FAILURES)
async def modify(call: Call, wanted: ModifyLiveSnapshotTemplate) -> None:
    form = _form(wanted, wanted.template_name)
    await media_templates.change(call.desk, SNAPSHOT, call.account_id, wanted.template_id, form)


@answers(DeleteLiveSnapshotTemplate, Failures(not_found=errors.InternalConfNotFound))
async def delete(call: Call, wanted: DeleteLiveSnapshotTemplate) -> None:
    await media_templates.delete(call.desk, SNAPSHOT, call.account_id, wanted.template_id)


@answers(DescribeLiveSnapshotTemplate)
async def describe(call: Call, wanted: DescribeLiveSnapshotTemplate) -> SnapshotTemplateAnswer:
    found = await media_templates.get(call.desk, SNAPSHOT, call.account_id, wanted.template_id)
    return SnapshotTemplateAnswer(template=_info(found))


@answers(DescribeLiveSnapshotTemplates)
async def describe_all(call: Call, _: DescribeLiveSnapshotTemplates) -> SnapshotTemplatesAnswer:
    found = await media_templates.list_all(call.desk, SNAPSHOT, call.account_id)
    return SnapshotTemplatesAnswer(templates=[_info(template) for template in found])


def _form(wanted: _Settings, name: str | None) -> SnapshotTemplateForm:
    flag = wanted.porn_flag
    return SnapshotTemplateForm(
        name=name,
        description=wanted.description,
        interval_s=wanted.snapshot_interval,
        width=wanted.width,
        height=wanted.height,
        audit=None if flag is None else bool(within("PornFlag", flag, 0, 1)),
        prefix=wanted.cos_prefix,
        file_name=wanted.cos_file_name,
        cos_app_id=wanted.cos_app_id,
        cos_bucket=wanted.cos_bucket,
        cos_region=wanted.cos_region,
    )


def _info(template: SnapshotTemplate) -> SnapshotTemplateInfo:
    return SnapshotTemplateInfo(
        template_id=template.id,
        template_name=template.name,
        snapshot_interval=template.interval_s,
        width=template.width,
        height=template.height,
        porn_flag=int(template.audit),
        cos_app_id=template.cos_app_id,
        cos_bucket=template.cos_bucket,
        cos_region=template.cos_region,
        description=template.description,
        cos_prefix=template.prefix or USUAL_PREFIX,
        cos_file_name=template.file_name or USUAL_FILE_NAME,
    )
