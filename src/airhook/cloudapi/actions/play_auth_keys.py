"""The keys of playback authentication: read, change (contract 3.5). Airhook keeps them for whoever plays the streams."""

from airhook.cloudapi import errors
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.parameters import Int64, Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.control import domains
from airhook.control.domains import PLAYBACK, DomainChange
from airhook.core.domains import Domain, check_domain_name

_FAILURES = Failures(
    not_found=errors.PlayDomainNoRecord,
    names={"auth_key": "AuthKey", "backup_auth_key": "AuthBackKey"},
)


class DescribeLivePlayAuthKey(Parameters):
    domain_name: str


class ModifyLivePlayAuthKey(Parameters):
    """None leaves a value as it is."""

    domain_name: str
    enable: Int64 | None = None
    auth_key: str | None = None
    auth_delta: UInt64 | None = None
    auth_back_key: str | None = None


class PlayAuthKeyInfo(Fields):
    domain_name: str
    enable: int
    auth_key: str
    auth_delta: int
    auth_back_key: str


class PlayAuthKey(Fields):
    play_auth_key_info: PlayAuthKeyInfo


@answers(DescribeLivePlayAuthKey, _FAILURES)
async def describe(call: Call, wanted: DescribeLivePlayAuthKey) -> PlayAuthKey:
    domain = await _play_domain(call, wanted.domain_name)
    return PlayAuthKey(
        play_auth_key_info=PlayAuthKeyInfo(
            domain_name=domain.name,
            enable=int(domain.auth_enabled),
            auth_key=domain.auth_key,
            auth_delta=domain.auth_delta_s,
            auth_back_key=domain.backup_auth_key,
        )
    )


@answers(ModifyLivePlayAuthKey, _FAILURES)
async def modify(call: Call, wanted: ModifyLivePlayAuthKey) -> None:
    if wanted.enable not in (None, 0, 1):
        raise errors.InvalidParameterValue("Enable must be 0 (off) or 1 (on)")
    domain = await _play_domain(call, wanted.domain_name)
    what = DomainChange(
        auth_enabled=None if wanted.enable is None else bool(wanted.enable),
        auth_key=wanted.auth_key,
        backup_auth_key=wanted.auth_back_key,
        auth_delta_s=wanted.auth_delta,
    )
    await domains.change(call.desk, call.account_id, domain.name, what)


async def _play_domain(call: Call, name: str) -> Domain:
    domain = await domains.get(call.desk, call.account_id, check_domain_name(name))
    if domain.domain_type != PLAYBACK:
        raise errors.PlayDomainNoRecord(f"{domain.name} is a push domain")
    return domain
