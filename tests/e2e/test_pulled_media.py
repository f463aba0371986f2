"""Recordings and pictures of streams that only their media server has: pulled from a real nginx-rtmp."""

import io
import urllib.request
from collections.abc import Iterator

import pytest
from PIL import Image

from airhook.control import media_rules, media_templates
from airhook.control.base import Desk
from airhook.control.snapshot_templates import SNAPSHOT, SnapshotTemplateForm
from airhook.core.media_rules import RuleKey
from support.caller import wait_until_changes_count
from support.media import clip, codecs, configure, probe, push_of, set_up_recording, wait_for_recording
from support.nginx_rtmp import NginxRtmp, nginx_rtmp
from support.publishers import publishing, stop_cleanly
from support.server import DOMAIN, AirhookServer

SOON_S = 45
STREAM = "room1001"
ENOUGH_BYTES = 60_000


@pytest.fixture
def nginx(tmp_path) -> Iterator[NginxRtmp]:
    with nginx_rtmp(tmp_path / "nginx") as running:
        yield running


def pull_url(nginx: NginxRtmp) -> str:
    return f"rtmp://127.0.0.1:{nginx.rtmp_port}/{{app}}/{{stream}}"


def put_in_front(server: AirhookServer, nginx: NginxRtmp, *options: str) -> None:
    added = server.json("source", "add", "nginx-rtmp", "edge-1", *options, "--json")
    wait_until_changes_count(server)
    nginx.configure(added["config"])
    nginx.start()


def take_pictures(server: AirhookServer) -> None:
    async def work(desk: Desk, account_id: int) -> None:
        form = SnapshotTemplateForm(name="shots", interval_s=2, width=160, audit=True)
        made = await media_templates.create(desk, SNAPSHOT, account_id, form)
        where = RuleKey(DOMAIN, "", "")
        await media_rules.bind(desk, media_rules.SNAPSHOT_RULES, account_id, where, made.id)

    configure(server, work)


def test_a_push_to_a_media_server_is_recorded_and_judged_as_one_to_our_own(server, receiver, heard, nginx):
    set_up_recording(server, receiver, "flv", "mp4")
    take_pictures(server)
    server.start(AIRHOOK_MEDIA__AUDIT__SEND_PASS="true")
    put_in_front(server, nginx, "--pull-url", pull_url(nginx))
    with publishing(push_of(clip("large", 30), nginx.push_url(STREAM, DOMAIN))) as ffmpeg:
        wait_for_recording(server, ".flv", ENOUGH_BYTES)
        (picture,) = heard.wait(200, STREAM, 1)[:1]
        (judged,) = heard.wait(317, STREAM, 1)[:1]
        stop_cleanly(ffmpeg)
        files = heard.files(STREAM, 2)

    begin = heard.wait(1, STREAM, 1)[0]
    assert set(files) == {"flv", "mp4"}
    for body in files.values():
        seen = probe(body["video_url"])
        assert codecs(seen) == {"video": "h264", "audio": "aac"}
        assert float(seen["format"]["duration"]) > 1
        assert (body["app"], body["appname"], body["stream_id"]) == (DOMAIN, "live", STREAM)
    with urllib.request.urlopen(picture["pic_full_url"], timeout=10) as answer:
        assert Image.open(io.BytesIO(answer.read())).size == (160, 90)
    assert judged["streamId"] == STREAM
    assert [body["sequence"] for body in heard.wait(0, STREAM, 1)] == [begin["sequence"]]
    told = {event for _, event in heard.statuses(STREAM)}
    assert {"record_start_succeeded", "record_ended"} <= told
    assert heard.of(341, STREAM) == []


def test_recording_goes_on_when_airhook_starts_again(server, receiver, heard, nginx):
    set_up_recording(server, receiver, "flv")
    server.start()
    put_in_front(server, nginx, "--pull-url", pull_url(nginx), "--api-url", nginx.stat_url)
    with publishing(push_of(clip("large", 60), nginx.push_url(STREAM, DOMAIN))) as ffmpeg:
        wait_for_recording(server, ".flv", ENOUGH_BYTES)
        server.stop()
        server.start(AIRHOOK_HTTP__LISTEN=server.where["http"])
        wait_for_recording(server, ".flv", ENOUGH_BYTES)
        stop_cleanly(ffmpeg)
        assert len(heard.wait(100, STREAM, 2)) == 2


def test_a_pull_url_that_leads_where_nobody_may_call_is_refused(server):
    server.start()
    bad = ["--pull-url", "rtmp://169.254.169.254/{app}/{stream}"]
    refused = server.cli("source", "add", "nginx-rtmp", "edge-1", *bad, check=False)
    assert refused.exit_code == 1
    assert "pull_url" in refused.output
    assert "a metadata address" in refused.output
