"""Callback rules: bind a template to a domain and app, unbind it, list (contract 3.2). There is no stream level."""

from airhook.cloudapi import errors
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.parameters import Int64, Parameters
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.cloudapi.times import beijing
from airhook.control import rules
from airhook.core.rules import CallbackRule


class CreateLiveCallbackRule(Parameters):
    domain_name: str
    app_name: str  # empty: every app (contract C-07)
    template_id: Int64


class DeleteLiveCallbackRule(Parameters):
    domain_name: str
    app_name: str


class DescribeLiveCallbackRules(Parameters):
    pass


class CallBackRuleInfo(Fields):
    create_time: str
    update_time: str
    template_id: int
    domain_name: str
    app_name: str


class Rules(Fields):
    rules: list[CallBackRuleInfo]


@answers(CreateLiveCallbackRule, Failures(not_found=errors.ConfNotFound))
async def create(call: Call, wanted: CreateLiveCallbackRule) -> None:
    await rules.bind(call.desk, call.account_id, wanted.domain_name, wanted.app_name, wanted.template_id)


@answers(DeleteLiveCallbackRule)
async def delete(call: Call, wanted: DeleteLiveCallbackRule) -> None:
    await rules.unbind(call.desk, call.account_id, wanted.domain_name, wanted.app_name)


@answers(DescribeLiveCallbackRules)
async def describe_all(call: Call, _: DescribeLiveCallbackRules) -> Rules:
    found = await rules.list_all(call.desk, call.account_id)
    return Rules(rules=[_info(rule) for rule in found])


def _info(rule: CallbackRule) -> CallBackRuleInfo:
    return CallBackRuleInfo(
        create_time=beijing(rule.created_ms),
        update_time=beijing(rule.updated_ms),
        template_id=rule.template_id,
        domain_name=rule.domain,
        app_name=rule.app,
    )
