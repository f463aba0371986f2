"""The SDK on live pushes of real publishers: what is on, what was, dropping and forbidding."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tencentcloud.live.v20180801 import models

from airhook.core.accounts import ApiKey
from support.api_server import client
from support.publishers import ffmpeg_command, publishing
from support.receiver import Receiver
from support.server import DOMAIN, AirhookServer

SOON_S = 45
STREAM = "room1001"
ROOM = {"DomainName": DOMAIN, "AppName": "live", "StreamName": STREAM}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver) -> Iterator[AirhookServer]:
    made = AirhookServer(tmp_path)
    made.set_up(receiver)
    with made:
        yield made


class Cloud:
    """Calls with the credentials that ``init`` printed."""

    def __init__(self, server: AirhookServer) -> None:
        made = server.credentials
        key = ApiKey(
            secret_id=made["secret_id"],
            secret_key=made["secret_key"],
            account_id=0,
            enabled=True,
            created_ms=0,
        )
        self._sdk = client(key, int(server.where["http"].rpartition(":")[2]), language="en-US")

    def call(self, action: str, **fields: Any) -> Any:
        request = getattr(models, f"{action}Request")()
        for name, value in fields.items():
            setattr(request, name, value)
        return getattr(self._sdk, action)(request)

    def until(self, action: str, true: Callable[[Any], bool], **fields: Any) -> Any:
        """Ask until the answer is as expected: what is measured or committed beside comes a moment later."""
        deadline = time.monotonic() + SOON_S
        while not true(answer := self.call(action, **fields)):
            assert time.monotonic() < deadline, f"{action} still answers {answer.to_json_string()}"
            time.sleep(0.1)
        return answer

    def state(self) -> str:
        return str(self.call("DescribeLiveStreamState", **ROOM).StreamState)


def span(hours: float = 1) -> dict[str, str]:
    """The last hour, in UTC."""
    now = dt.datetime.now(dt.UTC)
    return {
        "StartTime": (now - dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "EndTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_a_push_is_seen_dropped_and_remembered(server: AirhookServer, receiver: Receiver) -> None:
    cloud = Cloud(server)
    assert cloud.state() == "inactive"
    assert cloud.call("DescribeLiveStreamOnlineList").TotalNum == 0
    cloud.call("DropLiveStream", **ROOM)  # of a stream that is not on: a success

    with publishing(ffmpeg_command(server.push_url())) as ffmpeg:
        receiver.wait_for(1, SOON_S)
        (online,) = cloud.call("DescribeLiveStreamOnlineList", DomainName=DOMAIN).OnlineInfo
        assert (online.DomainName, online.AppName, online.StreamName) == (DOMAIN, "live", STREAM)
        assert online.PublishTimeList[0].PublishTime.endswith("Z")
        assert cloud.state() == "active"
        measured = cloud.until(
            "DescribeLiveStreamPushInfoList", lambda all_: all_.DataInfoList[0].VideoFps > 0
        )
        (push,) = measured.DataInfoList
        assert (push.PushDomain, push.StreamName, push.ClientIp) == (DOMAIN, STREAM, "127.0.0.1")
        assert (push.Vcodec, push.Acodec, push.Resolution, push.AsampleRate) == (
            "H264", "AAC", "320*240", 44_100,
        )  # fmt: skip
        assert push.VideoSpeed > 0
        assert push.MetaFps == 15

        cloud.call("DropLiveStream", **ROOM)
        assert cloud.state() == "inactive"
        ffmpeg.wait(SOON_S)
    receiver.wait_for(2, SOON_S)
    end = receiver.json_bodies()[1]
    assert (end["event_type"], end["errcode"], end["errmsg"]) == (
        0,
        21,
        "The stream was stopped at your request",
    )

    past = cloud.call("DescribeLiveStreamEventList", **span())
    (event,) = past.EventList
    assert (past.TotalNum, past.TotalPage, event.StreamName) == (1, 1, STREAM)
    assert (event.StopReason, event.Resolution, event.ClientIp) == (end["errmsg"], "320*240", "-")
    assert event.Duration == int(end["push_duration"]) // 1000
    (published,) = cloud.call("DescribeLiveStreamPublishedList", DomainName=DOMAIN, **span()).PublishInfo
    assert (published.StreamEndTime, published.ClientIp) == (event.StreamEndTime, "127.0.0.1")

    records = cloud.until(
        "DescribeCallbackRecordsList", lambda all_: all_.TotalNum == 2, StreamName=STREAM, PageNum=1, PageSize=10,
        **span(),
    )  # fmt: skip
    assert [(row.EventType, row.ResultCode) for row in records.DataInfoList] == [(0, 0), (1, 0)]
    sent = [request.body.decode() for request in reversed(receiver.requests)]
    assert [row.Request for row in records.DataInfoList] == sent
    assert {row.Response for row in records.DataInfoList} == {'{"code":0}'}


def test_a_forbidden_stream_is_not_let_in_until_it_is_resumed(
    server: AirhookServer, receiver: Receiver
) -> None:
    cloud = Cloud(server)
    with publishing(ffmpeg_command(server.push_url())) as ffmpeg:
        receiver.wait_for(1, SOON_S)
        cloud.call("ForbidLiveStream", **ROOM, Reason="rights")
        assert cloud.state() == "forbid"
        ffmpeg.wait(SOON_S)
    receiver.wait_for(2, SOON_S)
    assert receiver.json_bodies()[1]["errmsg"] == "The stream was banned at your request"
    with publishing(ffmpeg_command(server.push_url())) as refused:
        assert refused.wait(SOON_S) != 0
    with publishing(ffmpeg_command(server.push_url("room1002"), seconds=1)) as other:
        assert other.wait(SOON_S) == 0
    receiver.wait_for(4, SOON_S)
    assert {body["stream_id"] for body in receiver.json_bodies()[2:]} == {"room1002"}

    cloud.call("ResumeLiveStream", **ROOM)
    assert cloud.state() == "inactive"
    with publishing(ffmpeg_command(server.push_url())) as again:
        receiver.wait_for(5, SOON_S)
        assert cloud.state() == "active"
        # The order of another process, which writes the same database.
        assert server.json("stream", "drop", DOMAIN, "live", STREAM, "--json") == {"dropped": True}
        again.wait(SOON_S)
    receiver.wait_for(6, SOON_S)
    assert receiver.json_bodies()[5]["errcode"] == 21
