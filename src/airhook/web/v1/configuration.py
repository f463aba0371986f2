"""``/v1``: what is configured, to read. It is changed by the cloud API, the console and the command line."""

import msgspec

from airhook.control import (
    config_shapes,
    domains,
    media_rules,
    media_templates,
    rules,
    templates,
)
from airhook.control.config_shapes import (
    ShownDomain,
    ShownRecordTemplate,
    ShownRule,
    ShownSnapshotTemplate,
    ShownTemplate,
)
from airhook.control.media_rules import RECORD_RULES, SNAPSHOT_RULES
from airhook.control.record_templates import RECORD
from airhook.control.snapshot_templates import SNAPSHOT
from airhook.web.v1.operations import Call, Operation


class TemplateList(msgspec.Struct, frozen=True, kw_only=True):
    templates: list[ShownTemplate]


class RecordTemplateList(msgspec.Struct, frozen=True, kw_only=True):
    record_templates: list[ShownRecordTemplate]


class SnapshotTemplateList(msgspec.Struct, frozen=True, kw_only=True):
    snapshot_templates: list[ShownSnapshotTemplate]


class RuleList(msgspec.Struct, frozen=True, kw_only=True):
    rules: list[ShownRule]


class DomainList(msgspec.Struct, frozen=True, kw_only=True):
    domains: list[ShownDomain]


async def list_templates(call: Call) -> TemplateList:
    found = await templates.list_all(call.desk, call.account_id)
    return TemplateList(templates=[config_shapes.template(one) for one in found])


async def get_template(call: Call) -> ShownTemplate:
    return config_shapes.template(await templates.get(call.desk, call.account_id, call.number("template")))


async def list_record_templates(call: Call) -> RecordTemplateList:
    found = await media_templates.list_all(call.desk, RECORD, call.account_id)
    return RecordTemplateList(record_templates=[config_shapes.record_template(one) for one in found])


async def list_snapshot_templates(call: Call) -> SnapshotTemplateList:
    found = await media_templates.list_all(call.desk, SNAPSHOT, call.account_id)
    return SnapshotTemplateList(snapshot_templates=[config_shapes.snapshot_template(one) for one in found])


async def list_rules(call: Call) -> RuleList:
    callback = await rules.list_all(call.desk, call.account_id)
    record = await media_rules.list_all(call.desk, RECORD_RULES, call.account_id)
    snapshot = await media_rules.list_all(call.desk, SNAPSHOT_RULES, call.account_id)
    return RuleList(
        rules=[
            *(config_shapes.rule(one, "callback") for one in callback),
            *(config_shapes.rule(one, "record") for one in record),
            *(config_shapes.rule(one, "snapshot") for one in snapshot),
        ]
    )


async def list_domains(call: Call) -> DomainList:
    found = await domains.list_all(call.desk, call.account_id)
    return DomainList(domains=[config_shapes.domain(one) for one in found])


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/templates",
        name="listTemplates",
        summary="The callback templates, oldest first",
        act=list_templates,
        answer=TemplateList,
    ),
    Operation(
        method="GET",
        path="/v1/templates/{template}",
        name="getTemplate",
        summary="A callback template",
        act=get_template,
        answer=ShownTemplate,
        refusals=(404,),
    ),
    Operation(
        method="GET",
        path="/v1/record-templates",
        name="listRecordTemplates",
        summary="The record templates, oldest first",
        act=list_record_templates,
        answer=RecordTemplateList,
    ),
    Operation(
        method="GET",
        path="/v1/snapshot-templates",
        name="listSnapshotTemplates",
        summary="The snapshot templates, oldest first",
        act=list_snapshot_templates,
        answer=SnapshotTemplateList,
    ),
    Operation(
        method="GET",
        path="/v1/rules",
        name="listRules",
        summary="Which template serves which domain, app and stream: callback, record, then snapshot rules",
        act=list_rules,
        answer=RuleList,
    ),
    Operation(
        method="GET",
        path="/v1/domains",
        name="listDomains",
        summary="The domains, oldest first",
        act=list_domains,
        answer=DomainList,
    ),
)
