"""Screenshots and audits from real pushes: their times, sizes and callbacks."""

import asyncio
import io
import itertools
import os
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

from PIL import Image

from airhook.control import media_rules, media_tasks, media_templates
from airhook.control.base import Desk
from airhook.control.snapshot_templates import SNAPSHOT, SnapshotTemplateForm
from airhook.core.media_rules import RuleKey
from airhook.core.media_tasks import ScreenshotTask
from airhook.tools.publish import Picture, Publisher
from support.media import configure
from support.publishers import ffmpeg_command, publishing
from support.receiver import Receiver
from support.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, serve_s3
from support.server import DOMAIN, KEY, AirhookServer

KINDS = (1, 0, 200, 317, 321)


def set_up(server: AirhookServer, receiver: Receiver, *, rule: bool = True, **form: Any) -> int:
    server.cli("domain", "add", DOMAIN)
    server.cli("domain", "set", DOMAIN, "--auth", "off", "--reconnect-window", "0")
    urls = [option for number in KINDS for option in ("--url", f"{number}={receiver.url(f'/{number}')}")]
    template = server.json("template", "add", "hooks", *urls, "--key", KEY, "--json")
    server.cli("rule", "add", DOMAIN, str(template["id"]))

    async def work(desk: Desk, account_id: int) -> int:
        made = await media_templates.create(
            desk, SNAPSHOT, account_id, SnapshotTemplateForm(name="shots", **form)
        )
        if rule:
            where = RuleKey(DOMAIN, "", "")
            await media_rules.bind(desk, media_rules.SNAPSHOT_RULES, account_id, where, made.id)
        return made.id

    return configure(server, work)


def bodies(receiver: Receiver, kind: int) -> list[dict[str, Any]]:
    return [body for body in receiver.json_bodies() if body["event_type"] == kind]


def wait_for(receiver: Receiver, kind: int, count: int, within_s: float = 25) -> list[dict[str, Any]]:
    receiver.wait_until(lambda: len(bodies(receiver, kind)) >= count, within_s)
    return bodies(receiver, kind)


def read(url: str) -> Image.Image:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return Image.open(io.BytesIO(answer.read()))


def metrics(server: AirhookServer) -> str:
    with urllib.request.urlopen(f"{server.http_url}/metrics", timeout=10) as answer:
        page: str = answer.read().decode()
    return page


def test_a_push_has_its_picture_taken_every_interval_in_the_template_s_size(server, receiver):
    set_up(server, receiver, interval_s=2, width=160, audit=True)
    server.start()
    began = time.time()
    with publishing(ffmpeg_command(server.push_url(params="a=1"), size="320x240")):
        first, *_, last = told = wait_for(receiver, 200, 3)
    for body in told:
        assert (body["width"], body["height"]) == (160, 120)
        assert (body["app"], body["appname"], body["stream_id"]) == (DOMAIN, "live", "room1001")
        picture = read(body["pic_full_url"])
        assert picture.size == (160, 120)
        assert picture.format == "JPEG"
        assert body["pic_url"].endswith(f"-{160}x{120}.jpg")
        assert body["pic_url"].startswith(f"/{DOMAIN}/live/20")
        assert "task_id" not in body
    assert began - 1 <= first["create_time"] <= began + 30
    steps = [b["create_time"] - a["create_time"] for a, b in itertools.pairwise(told)]
    assert all(step >= 1 for step in steps), steps  # of whole seconds
    assert min(steps) <= 3, steps  # a busy machine may miss one
    assert sum(steps) >= 2 * len(steps) - 1, steps
    assert last["file_size"] > 500
    # What the detector found is harmless: it is kept, and nobody is called.
    assert 'airhook_audits_total{suggestion="Pass"}' in metrics(server)
    kept = server.rows("select deliveries from accepted_ids where event_id like 'media-317-%'")
    assert kept
    assert set(kept) == {(0,)}
    server.stop()
    server.cli("verify")  # which events without deliveries do not confuse
    assert bodies(receiver, 317) == []


def test_a_suspicious_picture_is_told_with_exactly_the_fields_of_the_contract(server, receiver):
    set_up(server, receiver, interval_s=2, audit=True)
    server.start(AIRHOOK_MEDIA__AUDIT__BLOCK="30", AIRHOOK_MEDIA__AUDIT__REVIEW="20")

    async def push() -> dict[str, Any]:
        shown = Picture(scene="blobs")
        async with Publisher(server.push_url(params="a=1"), picture=shown) as publisher:
            await publisher.started()
            return (await asyncio.to_thread(wait_for, receiver, 317, 1))[0]

    body = asyncio.run(push())
    picture = bodies(receiver, 200)[0]
    score = body["score"][0]
    assert 30 <= score <= 100
    appid = server.credentials["appid"]
    assert {name: value for name, value in body.items() if name not in ("t", "sign", "sendTime")} == {
        "abductionRisk": [],
        "app": DOMAIN,
        "appid": appid,
        "appname": "live",
        "channelId": "room1001",
        "event_type": 317,
        "faceDetails": [],
        "img": picture["pic_full_url"],
        "label": "Porn",
        "labelResults": [
            {
                "Details": [{"Id": 0, "Name": "PornHigh", "Score": score}],
                "HitFlag": 1,
                "Label": "Porn",
                "Scene": "Porn",
                "Score": score,
                "SubLabel": "PornHigh",
                "Suggestion": "Block",
            },
            {
                "Details": [],
                "HitFlag": 0,
                "Label": "Normal",
                "Scene": "Sexy",
                "Score": 100 - score,
                "SubLabel": "",
                "Suggestion": "Pass",
            },
        ],
        "level": 0,
        "libResults": [],
        "objectResults": [],
        "ocrResults": [],
        "score": [score],
        "screenshotTime": picture["create_time"],
        "streamId": "room1001",
        "stream_param": picture["stream_param"],
        "subLabel": "PornHigh",
        "suggestion": "Block",
        "type": [1],
    }
    assert body["t"] - body["sendTime"] in (600, 601, 602)


def test_a_task_takes_pictures_without_a_rule_and_says_which_it_is(server, receiver):
    template_id = set_up(server, receiver, rule=False, interval_s=2)
    server.start()

    async def work(desk: Desk, account_id: int) -> ScreenshotTask:
        form = media_tasks.TaskForm(
            domain=DOMAIN,
            app="live",
            stream="room1001",
            template_id=template_id,
            end_ms=desk.clock.now_ms() + 60_000,
        )
        return await media_tasks.create(desk, media_tasks.SCREENSHOT_TASKS, account_id, form)

    with publishing(ffmpeg_command(server.push_url())):
        wait_for(receiver, 1, 1)
        task = configure(server, work)
        (body, *_) = wait_for(receiver, 200, 1)
    assert body["task_id"] == task.id
    assert read(body["pic_full_url"]).size == (320, 240)


def workers_of(server: AirhookServer) -> list[int]:
    assert server.process is not None
    pid = server.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_pictures_go_on_when_their_worker_is_killed(server, receiver):
    set_up(server, receiver, interval_s=2)
    server.start()
    with publishing(ffmpeg_command(server.push_url())):
        wait_for(receiver, 200, 1)
        (worker,) = workers_of(server)
        os.kill(worker, signal.SIGKILL)
        told = wait_for(receiver, 200, 3)
        assert "airhook_media_worker_deaths_total 1.0" in metrics(server)
    assert len({body["pic_url"] for body in told}) == len(told)
    server.stop()
    server.cli("verify")  # each planned, delivered and told once


def test_pictures_go_to_a_bucket_and_are_judged_by_a_service_of_one_s_own(server, receiver, tmp_path):
    set_up(server, receiver, interval_s=2, audit=True)
    receiver.answer(200, b'{"suggestion": "Review", "label": "Ad", "score": [81]}', path="/judge")
    with serve_s3(tmp_path / "s3") as bucket:
        server.start(
            AIRHOOK_MEDIA__STORAGE="s3",
            AIRHOOK_MEDIA__S3__ENDPOINT=bucket.endpoint,
            AIRHOOK_MEDIA__S3__BUCKET=BUCKET,
            AIRHOOK_MEDIA__S3__ACCESS_KEY=ACCESS_KEY,
            AIRHOOK_MEDIA__S3__SECRET_KEY=SECRET_KEY,
            AIRHOOK_MEDIA__AUDIT__DETECTOR="http",
            AIRHOOK_MEDIA__AUDIT__URL=receiver.url("/judge"),
        )
        with publishing(ffmpeg_command(server.push_url())):
            (request,) = receiver.wait_for(1, 25, path="/317")
        audit, picture = request.json(), receiver.json_bodies("/200")[0]
        assert picture["pic_full_url"].startswith(f"{bucket.endpoint}/{BUCKET}/")
        assert read(picture["pic_full_url"]).size == (320, 240)
        server.stop()
    assert (audit["suggestion"], audit["label"], audit["score"], audit["type"]) == ("Review", "Ad", [81], [8])
    assert audit["img"] == picture["pic_full_url"]
    asked = receiver.wait_for(1, path="/judge")[0]
    assert len(asked.body) == picture["file_size"]
    assert asked.headers["airhook-stream"] == "room1001"


def test_a_disk_that_is_nearly_full_ends_media_and_no_callback(server, receiver):
    set_up(server, receiver, interval_s=2)
    notices = receiver.url("/operations")
    server.start(AIRHOOK_MEDIA__MIN_FREE_MB="10000000", AIRHOOK_OPERATIONS__URL=notices)
    (told,) = receiver.wait_for(1, path="/operations")
    notice = told.json()
    assert notice["type"] == "media_disk_low"
    assert notice["data"]["free_bytes"] < notice["data"]["min_free_bytes"] == 10_000_000 << 20
    with publishing(ffmpeg_command(server.push_url(), seconds=3)):
        receiver.wait_for(1, path="/1")
        receiver.wait_for(1, path="/0")
    assert bodies_of(receiver) - {321} == {1, 0}, "ffmpeg's chunks are large, and nothing else is told of"
    assert workers_of(server) == []


def bodies_of(receiver: Receiver) -> set[int]:
    return {body["event_type"] for body in receiver.json_bodies() if "event_type" in body}
