"""Pushes that are over: the two lists of the history (contract 3.3, C-31)."""

import ipaddress
from typing import Any

from airhook.cloudapi.actions.streams import resolution
from airhook.cloudapi.paging import pages, within
from airhook.cloudapi.parameters import Int64, Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.cloudapi.times import read_utc, utc
from airhook.control import past_streams, streams
from airhook.core.history import PastFilter
from airhook.core.sessions import Session

USUAL_PAGE, MIN_PUBLISHED, MAX_PAGE_SIZE = 10, 10, 100
MAX_PAGE = 10_000
HIDDEN = "-"  # a client's address that says nothing outside its own network
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


class DescribeLiveStreamEventList(Parameters):
    start_time: str
    end_time: str
    app_name: str | None = None
    domain_name: str | None = None
    stream_name: str | None = None
    page_num: UInt64 = 1
    page_size: UInt64 = USUAL_PAGE
    is_filter: Int64 = 0
    is_strict: Int64 = 0
    is_asc: Int64 = 0


class DescribeLiveStreamPublishedList(Parameters):
    domain_name: str
    end_time: str
    start_time: str
    app_name: str | None = None
    page_num: UInt64 = 1
    page_size: UInt64 = USUAL_PAGE
    stream_name: str | None = None


class _Past(Fields, kw_only=True):
    app_name: str
    domain_name: str
    stream_name: str
    stream_start_time: str
    stream_end_time: str
    stop_reason: str
    duration: int
    client_ip: str
    resolution: str


class StreamEventInfo(_Past):
    pass


class StreamName(_Past):
    pass


class EventsAnswer(Fields):
    event_list: list[StreamEventInfo]
    page_num: int
    page_size: int
    total_num: int
    total_page: int


class PublishedAnswer(Fields):
    publish_info: list[StreamName]
    page_num: int
    page_size: int
    total_num: int
    total_page: int


@answers(DescribeLiveStreamEventList)
async def events(call: Call, wanted: DescribeLiveStreamEventList) -> EventsAnswer:
    within("PageSize", wanted.page_size, 1, MAX_PAGE_SIZE)
    for name, value in (
        ("IsFilter", wanted.is_filter),
        ("IsStrict", wanted.is_strict),
        ("IsAsc", wanted.is_asc),
    ):
        within(name, value, 0, 1)
    found = await past_streams.find(
        call.desk,
        call.account_id,
        PastFilter(
            since_ms=read_utc("StartTime", wanted.start_time),
            until_ms=read_utc("EndTime", wanted.end_time),
            domain=wanted.domain_name or None,
            app=wanted.app_name or None,
            stream=wanted.stream_name or None,
            part_of_name=not wanted.is_strict,
            with_data=bool(wanted.is_filter),
        ),
        page=within("PageNum", wanted.page_num, 1, MAX_PAGE),
        size=wanted.page_size,
        ascending=bool(wanted.is_asc),
    )
    return EventsAnswer(
        event_list=[StreamEventInfo(**_told(one, hide_private=True)) for one in found.sessions],
        page_num=wanted.page_num,
        page_size=wanted.page_size,
        total_num=found.total,
        total_page=pages(found.total, wanted.page_size),
    )


@answers(DescribeLiveStreamPublishedList)
async def published(call: Call, wanted: DescribeLiveStreamPublishedList) -> PublishedAnswer:
    within("PageSize", wanted.page_size, MIN_PUBLISHED, MAX_PAGE_SIZE)
    await streams.require_domain(call.desk, call.account_id, wanted.domain_name)
    found = await past_streams.find(
        call.desk,
        call.account_id,
        PastFilter(
            since_ms=read_utc("StartTime", wanted.start_time),
            until_ms=read_utc("EndTime", wanted.end_time),
            domain=wanted.domain_name,
            app=wanted.app_name or None,
            stream=wanted.stream_name or None,
            part_of_name=True,
        ),
        page=within("PageNum", wanted.page_num, 1, MAX_PAGE),
        size=wanted.page_size,
    )
    return PublishedAnswer(
        publish_info=[StreamName(**_told(one, hide_private=False)) for one in found.sessions],
        page_num=wanted.page_num,
        page_size=wanted.page_size,
        total_num=found.total,
        total_page=pages(found.total, wanted.page_size),
    )


def _told(session: Session, *, hide_private: bool) -> dict[str, Any]:
    return {
        "app_name": session.app,
        "domain_name": session.domain,
        "stream_name": session.stream,
        "stream_start_time": utc(session.started_ms),
        "stream_end_time": utc(session.ended_ms or session.last_data_ms),
        "stop_reason": session.reason.text,
        "duration": max(0, session.last_data_ms - session.started_ms) // 1000,
        "client_ip": HIDDEN if hide_private and _is_private(session.user_ip) else session.user_ip,
        "resolution": resolution(session),
    }


def _is_private(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE)
