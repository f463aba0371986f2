"""Record and snapshot rules: bind a template to a domain, an app or a stream, unbind it, list (contract 3.6, 3.7)."""

from airhook.cloudapi import errors
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.parameters import Int64, Parameters
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.cloudapi.times import beijing
from airhook.control import media_rules
from airhook.control.media_rules import RECORD_RULES, SNAPSHOT_RULES
from airhook.core.domains import check_domain_name
from airhook.core.media_rules import MediaRule, RuleKey

_DOMAINS = {"domain:unknown": errors.InvalidParameterValue, "domain": errors.DomainFormatError}
_CREATING = Failures(not_found=errors.ConfNotFound, values=_DOMAINS)
_DELETING = Failures(values=_DOMAINS)


class _Place(Parameters, kw_only=True):
    """An empty app or stream is every one."""

    domain_name: str
    app_name: str = ""
    stream_name: str = ""

    @property
    def key(self) -> RuleKey:
        return RuleKey(check_domain_name(self.domain_name), self.app_name, self.stream_name)


class CreateLiveRecordRule(_Place, kw_only=True):
    template_id: Int64


class DeleteLiveRecordRule(_Place):
    pass


class DescribeLiveRecordRules(Parameters):
    pass


class CreateLiveSnapshotRule(_Place, kw_only=True):
    template_id: Int64


class DeleteLiveSnapshotRule(_Place):
    pass


class DescribeLiveSnapshotRules(Parameters):
    pass


class RuleInfo(Fields):
    create_time: str
    update_time: str
    template_id: int
    domain_name: str
    app_name: str
    stream_name: str


class MediaRules(Fields):
    rules: list[RuleInfo]


@answers(CreateLiveRecordRule, _CREATING)
async def create_record(call: Call, wanted: CreateLiveRecordRule) -> None:
    await media_rules.bind(call.desk, RECORD_RULES, call.account_id, wanted.key, wanted.template_id)


@answers(DeleteLiveRecordRule, _DELETING)
async def delete_record(call: Call, wanted: DeleteLiveRecordRule) -> None:
    await media_rules.unbind(call.desk, RECORD_RULES, call.account_id, wanted.key)


@answers(DescribeLiveRecordRules)
async def describe_record(call: Call, _: DescribeLiveRecordRules) -> MediaRules:
    found = await media_rules.list_all(call.desk, RECORD_RULES, call.account_id)
    return MediaRules(rules=[_info(rule) for rule in found])


@answers(CreateLiveSnapshotRule, _CREATING)
async def create_snapshot(call: Call, wanted: CreateLiveSnapshotRule) -> None:
    await media_rules.bind(call.desk, SNAPSHOT_RULES, call.account_id, wanted.key, wanted.template_id)


@answers(DeleteLiveSnapshotRule, _DELETING)
async def delete_snapshot(call: Call, wanted: DeleteLiveSnapshotRule) -> None:
    await media_rules.unbind(call.desk, SNAPSHOT_RULES, call.account_id, wanted.key)


@answers(DescribeLiveSnapshotRules)
async def describe_snapshot(call: Call, _: DescribeLiveSnapshotRules) -> MediaRules:
    found = await media_rules.list_all(call.desk, SNAPSHOT_RULES, call.account_id)
    return MediaRules(rules=[_info(rule) for rule in found])


def _info(rule: MediaRule) -> RuleInfo:
    return RuleInfo(
        create_time=beijing(rule.created_ms),
        update_time=beijing(rule.updated_ms),
        template_id=rule.template_id,
        domain_name=rule.domain,
        app_name=rule.app,
        stream_name=rule.stream,
    )
