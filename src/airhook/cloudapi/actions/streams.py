"""Streams that are on: list, state, what they carry; drop, forbid, resume (contract 3.3)."""

from airhook.cloudapi.paging import cut, pages, within
from airhook.cloudapi.parameters import Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.cloudapi.times import beijing, read_utc, utc
from airhook.control import streams
from airhook.control.streams import Push, StreamFilter
from airhook.core.push_ports import PushMeasure
from airhook.core.sessions import Session

MAX_PAGE = 10_000
MIN_ONLINE, MAX_ONLINE = 10, 300_000  # rows of a page
USUAL_PUSHES, MAX_PUSHES = 200, 100_000


class DescribeLiveStreamOnlineList(Parameters):
    domain_name: str | None = None
    app_name: str | None = None
    page_num: UInt64 = 1
    page_size: UInt64 = MIN_ONLINE
    stream_name: str | None = None


class DescribeLiveStreamState(Parameters):
    app_name: str
    domain_name: str
    stream_name: str


class DescribeLiveStreamPushInfoList(Parameters):
    push_domain: str | None = None
    app_name: str | None = None
    page_num: UInt64 = 1
    page_size: UInt64 = USUAL_PUSHES


class DropLiveStream(Parameters):
    stream_name: str
    domain_name: str
    app_name: str


class ForbidLiveStream(Parameters):
    app_name: str
    domain_name: str
    stream_name: str
    resume_time: str | None = None
    reason: str | None = None


class ResumeLiveStream(Parameters):
    app_name: str
    domain_name: str
    stream_name: str


class PublishTime(Fields):
    publish_time: str


class StreamOnlineInfo(Fields):
    stream_name: str
    publish_time_list: list[PublishTime]
    app_name: str
    domain_name: str
    push_to_delay: int = 0


class OnlineAnswer(Fields):
    total_num: int
    total_page: int
    page_num: int
    page_size: int
    online_info: list[StreamOnlineInfo]


class StateAnswer(Fields):
    stream_state: str


class PushDataInfo(Fields, kw_only=True):
    """Rates are 0 and codecs empty while they are not known."""

    stream_name: str
    app_name: str
    client_ip: str
    server_ip: str
    video_fps: int
    video_speed: int
    audio_fps: int
    audio_speed: int
    push_domain: str
    begin_push_time: str
    acodec: str
    vcodec: str
    resolution: str
    asample_rate: int
    meta_audio_speed: int
    meta_video_speed: int
    meta_fps: int


class PushesAnswer(Fields):
    data_info_list: list[PushDataInfo]
    total_num: int
    total_page: int
    page_num: int
    page_size: int


@answers(DescribeLiveStreamOnlineList)
async def online(call: Call, wanted: DescribeLiveStreamOnlineList) -> OnlineAnswer:
    within("PageNum", wanted.page_num, 1, MAX_PAGE)
    within("PageSize", wanted.page_size, MIN_ONLINE, MAX_ONLINE)
    names = StreamFilter(wanted.domain_name or None, wanted.app_name or None, wanted.stream_name or None)
    found = await streams.online(call.desk, call.account_id, names)
    return OnlineAnswer(
        total_num=len(found),
        total_page=pages(len(found), wanted.page_size),
        page_num=wanted.page_num,
        page_size=wanted.page_size,
        online_info=[_online(session) for session in cut(found, wanted.page_num, wanted.page_size)],
    )


@answers(DescribeLiveStreamState)
async def state(call: Call, wanted: DescribeLiveStreamState) -> StateAnswer:
    names = (wanted.domain_name, wanted.app_name, wanted.stream_name)
    found = await streams.state(call.desk, call.account_id, *names)
    return StateAnswer(stream_state=found.value)


@answers(DescribeLiveStreamPushInfoList)
async def pushes(call: Call, wanted: DescribeLiveStreamPushInfoList) -> PushesAnswer:
    within("PageNum", wanted.page_num, 1, MAX_PAGE)
    within("PageSize", wanted.page_size, 1, MAX_PUSHES)
    names = StreamFilter(wanted.push_domain or None, wanted.app_name or None)
    found = await streams.pushes(call.desk, call.account_id, names)
    return PushesAnswer(
        data_info_list=[_push(push) for push in cut(found, wanted.page_num, wanted.page_size)],
        total_num=len(found),
        total_page=pages(len(found), wanted.page_size),
        page_num=wanted.page_num,
        page_size=wanted.page_size,
    )


@answers(DropLiveStream)
async def drop(call: Call, wanted: DropLiveStream) -> None:
    names = (wanted.domain_name, wanted.app_name, wanted.stream_name)
    await streams.drop(call.desk, call.account_id, *names)


@answers(ForbidLiveStream)
async def forbid(call: Call, wanted: ForbidLiveStream) -> None:
    names = (wanted.domain_name, wanted.app_name, wanted.stream_name)
    until_ms = read_utc("ResumeTime", wanted.resume_time) if wanted.resume_time else None
    await streams.forbid(call.desk, call.account_id, *names, until_ms=until_ms, reason=wanted.reason or "")


@answers(ResumeLiveStream)
async def resume(call: Call, wanted: ResumeLiveStream) -> None:
    names = (wanted.domain_name, wanted.app_name, wanted.stream_name)
    await streams.resume(call.desk, call.account_id, *names)


def resolution(session: Session) -> str:
    """``640*360``; empty when the size is not known."""
    return f"{session.width}*{session.height}" if session.width and session.height else ""


def _online(session: Session) -> StreamOnlineInfo:
    return StreamOnlineInfo(
        stream_name=session.stream,
        publish_time_list=[PublishTime(publish_time=utc(session.started_ms))],
        app_name=session.app,
        domain_name=session.domain,
    )


def _push(push: Push) -> PushDataInfo:
    session, measure = push.session, push.measure or PushMeasure()
    return PushDataInfo(
        stream_name=session.stream,
        app_name=session.app,
        client_ip=session.user_ip,
        server_ip=session.node,
        video_fps=measure.video_fps,
        video_speed=measure.video_bps,
        audio_fps=measure.audio_fps,
        audio_speed=measure.audio_bps,
        push_domain=session.domain,
        begin_push_time=beijing(session.started_ms),
        acodec=measure.audio_codec,
        vcodec=measure.video_codec,
        resolution=resolution(session),
        asample_rate=measure.audio_sample_rate,
        meta_audio_speed=measure.meta_audio_bps,
        meta_video_speed=measure.meta_video_bps,
        meta_fps=measure.meta_fps,
    )
