"""Domains: add, list, read, enable, disable, delete (contract 3.4)."""

import msgspec

from airhook.cloudapi import errors
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.paging import cut, within
from airhook.cloudapi.parameters import Int64, Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.cloudapi.times import beijing
from airhook.control import domains
from airhook.control.domains import PLAYBACK, DomainChange
from airhook.core.domains import Domain, check_domain_name

OWNER_CHECKS = ("dnsCheck", "fileCheck", "dbCheck")
PLAY_TYPES = (1, 2, 3)  # mainland, global, outside
MIN_PAGE_SIZE, MAX_PAGE_SIZE, MAX_PAGE = 10, 100, 100_000

_MALFORMED = {"domain": errors.DomainFormatError}


class AddLiveDomain(Parameters):
    domain_name: str
    domain_type: UInt64
    play_type: UInt64 = 1
    is_delay_live: Int64 = 0
    is_mini_program_live: Int64 = 0
    verify_owner_type: str = "dbCheck"


class DescribeLiveDomain(Parameters):
    domain_name: str


class DescribeLiveDomains(Parameters):
    domain_status: UInt64 | None = None
    domain_type: UInt64 | None = None
    page_size: UInt64 = MIN_PAGE_SIZE
    page_num: UInt64 = 1
    is_delay_live: UInt64 = 0
    domain_prefix: str = ""
    play_type: UInt64 | None = None


class EnableLiveDomain(Parameters):
    domain_name: str


class ForbidLiveDomain(Parameters):
    domain_name: str


class DeleteLiveDomain(Parameters):
    domain_name: str
    domain_type: UInt64


class DomainInfo(Fields, kw_only=True):
    """Airhook gives domains no CNAME and plays nothing, so the fields of that stay at their zeros."""

    name: str
    type: int
    status: int
    create_time: str
    bc_name: int = msgspec.field(default=0, name="BCName")
    target_domain: str = ""
    play_type: int
    is_delay_live: int = 0
    current_c_name: str = ""
    rent_tag: int = 0
    rent_expire_time: str = "0000-00-00 00:00:00"
    is_mini_program_live: int = 0


class DomainAnswer(Fields):
    domain_info: DomainInfo


class DomainsAnswer(Fields):
    all_count: int
    domain_list: list[DomainInfo]
    create_limit_count: int
    play_type_count: list[int]


@answers(
    AddLiveDomain,
    Failures(
        exists=errors.DomainAdded,
        limit=errors.HostOutLimit,
        values={
            "domain:too_long": errors.DomainTooLong,
            "domain": errors.DomainFormatError,
            "domain_type": errors.InvalidParameter,
            "play_type": errors.InvalidParameter,
        },
    ),
)
async def add(call: Call, wanted: AddLiveDomain) -> None:
    if wanted.verify_owner_type not in OWNER_CHECKS:
        raise errors.InvalidParameter(f"VerifyOwnerType must be one of {', '.join(OWNER_CHECKS)}")
    if wanted.is_delay_live or wanted.is_mini_program_live:
        raise errors.UnsupportedOperation("Airhook has neither slow live (IsDelayLive) nor IsMiniProgramLive")
    await domains.add(
        call.desk,
        call.account_id,
        wanted.domain_name,
        domain_type=wanted.domain_type,
        play_type=wanted.play_type,
    )


@answers(DescribeLiveDomain, Failures(not_found=errors.DomainNotExist))
async def describe(call: Call, wanted: DescribeLiveDomain) -> DomainAnswer:
    name = check_domain_name(wanted.domain_name)
    return DomainAnswer(domain_info=_info(await domains.get(call.desk, call.account_id, name)))


@answers(DescribeLiveDomains)
async def describe_all(call: Call, wanted: DescribeLiveDomains) -> DomainsAnswer:
    within("PageSize", wanted.page_size, MIN_PAGE_SIZE, MAX_PAGE_SIZE)
    within("PageNum", wanted.page_num, 1, MAX_PAGE)
    everything = await domains.list_all(call.desk, call.account_id)
    found = [domain for domain in everything if _is_wanted(domain, wanted)]
    return DomainsAnswer(
        all_count=len(found),
        domain_list=[_info(domain) for domain in cut(found, wanted.page_num, wanted.page_size)],
        create_limit_count=max(0, call.desk.limits.domains - len(everything)),
        play_type_count=[_enabled_playback(everything, area) for area in PLAY_TYPES],
    )


@answers(EnableLiveDomain, Failures(not_found=errors.ResourceNotFound, values=_MALFORMED))
async def enable(call: Call, wanted: EnableLiveDomain) -> None:
    await _switch(call, wanted.domain_name, enabled=True)


@answers(ForbidLiveDomain, Failures(not_found=errors.ResourceNotFound))
async def forbid(call: Call, wanted: ForbidLiveDomain) -> None:
    await _switch(call, wanted.domain_name, enabled=False)


@answers(
    DeleteLiveDomain,
    Failures(not_found=errors.DomainNotExist, in_use=errors.FailedOperation, values=_MALFORMED),
)
async def delete(call: Call, wanted: DeleteLiveDomain) -> None:
    name = check_domain_name(wanted.domain_name)
    domain = await domains.get(call.desk, call.account_id, name)
    if domain.domain_type != wanted.domain_type:
        raise errors.DomainNotExist(f"{name} is a domain of type {domain.domain_type}")
    await domains.remove(call.desk, call.account_id, name)


async def _switch(call: Call, name: str, *, enabled: bool) -> None:
    await domains.change(call.desk, call.account_id, check_domain_name(name), DomainChange(enabled=enabled))


def _is_wanted(domain: Domain, wanted: DescribeLiveDomains) -> bool:
    # PlayType counts with DomainType=1 only, and no domain here is of slow live.
    area = wanted.play_type if wanted.domain_type == PLAYBACK else None
    return (
        wanted.domain_status in (None, int(domain.enabled))
        and wanted.domain_type in (None, domain.domain_type)
        and area in (None, domain.play_type)
        and wanted.is_delay_live == 0
        and domain.name.startswith(wanted.domain_prefix.lower())
    )


def _enabled_playback(everything: list[Domain], area: int) -> int:
    return sum(d.enabled and d.domain_type == PLAYBACK and d.play_type == area for d in everything)


def _info(domain: Domain) -> DomainInfo:
    return DomainInfo(
        name=domain.name,
        type=domain.domain_type,
        status=int(domain.enabled),
        create_time=beijing(domain.created_ms),
        play_type=domain.play_type,
    )
