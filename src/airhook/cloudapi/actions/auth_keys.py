"""The keys of push authentication: read, change (contract 3.5, 4.8)."""

from airhook.cloudapi import errors
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.parameters import Int64, Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.control import domains
from airhook.control.domains import PUSH, DomainChange
from airhook.core.domains import Domain, check_domain_name

_FAILURES = Failures(not_found=errors.PushDomainNoRecord)


class DescribeLivePushAuthKey(Parameters):
    domain_name: str


class ModifyLivePushAuthKey(Parameters):
    """None leaves a value as it is."""

    domain_name: str
    enable: Int64 | None = None
    master_auth_key: str | None = None
    backup_auth_key: str | None = None
    auth_delta: UInt64 | None = None


class PushAuthKeyInfo(Fields):
    domain_name: str
    enable: int
    master_auth_key: str
    backup_auth_key: str
    auth_delta: int


class PushAuthKey(Fields):
    push_auth_key_info: PushAuthKeyInfo


@answers(DescribeLivePushAuthKey, _FAILURES)
async def describe(call: Call, wanted: DescribeLivePushAuthKey) -> PushAuthKey:
    domain = await _push_domain(call, wanted.domain_name)
    return PushAuthKey(
        push_auth_key_info=PushAuthKeyInfo(
            domain_name=domain.name,
            enable=int(domain.auth_enabled),
            master_auth_key=domain.auth_key,
            backup_auth_key=domain.backup_auth_key,
            auth_delta=domain.auth_delta_s,
        )
    )


@answers(ModifyLivePushAuthKey, _FAILURES)
async def modify(call: Call, wanted: ModifyLivePushAuthKey) -> None:
    if wanted.enable not in (None, 0, 1):
        raise errors.InvalidParameterValue("Enable must be 0 (off) or 1 (on)")
    domain = await _push_domain(call, wanted.domain_name)
    what = DomainChange(
        auth_enabled=None if wanted.enable is None else bool(wanted.enable),
        auth_key=wanted.master_auth_key,
        backup_auth_key=wanted.backup_auth_key,
        auth_delta_s=wanted.auth_delta,
    )
    await domains.change(call.desk, call.account_id, domain.name, what)


async def _push_domain(call: Call, name: str) -> Domain:
    domain = await domains.get(call.desk, call.account_id, check_domain_name(name))
    if domain.domain_type != PUSH:
        raise errors.PushDomainNoRecord(f"{domain.name} is a playback domain")
    return domain
