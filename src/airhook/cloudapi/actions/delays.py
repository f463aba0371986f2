"""Delayed playback of streams: set, take back, list (contract 3.3). Airhook plays nothing: it keeps them for who does."""

from airhook.cloudapi.parameters import Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.cloudapi.times import read_utc, utc
from airhook.control import stream_delays
from airhook.core.stream_delays import StreamDelay
from airhook.core.streams import StreamKey

IN_FORCE = 1


class AddDelayLiveStream(Parameters):
    app_name: str
    domain_name: str
    stream_name: str
    delay_time: UInt64
    expire_time: str | None = None


class ResumeDelayLiveStream(Parameters):
    app_name: str
    domain_name: str
    stream_name: str


class DescribeLiveDelayInfoList(Parameters):
    pass


class DelayInfo(Fields):
    domain_name: str
    app_name: str
    stream_name: str
    delay_interval: int
    create_time: str
    expire_time: str
    status: int


class DelaysAnswer(Fields):
    delay_info_list: list[DelayInfo]


@answers(AddDelayLiveStream)
async def add(call: Call, wanted: AddDelayLiveStream) -> None:
    expires_ms = read_utc("ExpireTime", wanted.expire_time) if wanted.expire_time else None
    await stream_delays.add(call.desk, _key(call, wanted), wanted.delay_time, expires_ms=expires_ms)


@answers(ResumeDelayLiveStream)
async def resume(call: Call, wanted: ResumeDelayLiveStream) -> None:
    await stream_delays.resume(call.desk, _key(call, wanted))


@answers(DescribeLiveDelayInfoList)
async def describe_all(call: Call, _: DescribeLiveDelayInfoList) -> DelaysAnswer:
    found = await stream_delays.list_all(call.desk, call.account_id)
    return DelaysAnswer(delay_info_list=[_info(delay) for delay in found])


def _key(call: Call, wanted: AddDelayLiveStream | ResumeDelayLiveStream) -> StreamKey:
    return StreamKey(call.account_id, wanted.domain_name, wanted.app_name, wanted.stream_name)


def _info(delay: StreamDelay) -> DelayInfo:
    return DelayInfo(
        domain_name=delay.domain,
        app_name=delay.app,
        stream_name=delay.stream,
        delay_interval=delay.delay_s,
        create_time=utc(delay.created_ms),
        expire_time=utc(delay.expires_ms),
        status=IN_FORCE,
    )
