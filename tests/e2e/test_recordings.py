"""Recordings of real pushes: every format plays, and the callbacks tell what is in it (contract 2.3, 2.4)."""

import contextlib
import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from airhook.verify import verify
from support.media import (
    clip,
    codecs,
    errors_of_decoding,
    here,
    probe,
    probe_with_pyav,
    push_of,
    record_by_task,
    set_up_recording,
    stop_task,
    wait_for_recording,
    worker_pids,
)
from support.publishers import newest_ffmpeg, publishing, stop_cleanly, vanish
from support.server import DOMAIN, KEY

SOON_S = 45
FORMATS = ("flv", "hls", "mp4", "aac")
KEY_INTERVAL_S = 1.0  # of the clips
SECONDS = 4


def test_every_format_of_every_kind_of_stream_plays_and_is_told_of(server, receiver, heard):
    template = set_up_recording(server, receiver, *FORMATS)
    server.start()
    assert not worker_pids(server), "no worker before one is needed"
    streams = {
        "bframes": ("b-frames", {"video": "h264", "audio": "aac"}, FORMATS),
        "sound": ("audio", {"audio": "aac"}, FORMATS),
        "silent": ("video", {"video": "h264"}, ("flv", "hls", "mp4")),
        "hevc": ("hevc", {"video": "hevc", "audio": "aac"}, FORMATS),
        "mp3": ("mp3", {"video": "h264", "audio": "mp3"}, ("flv", "hls", "mp4")),
    }
    began = time.time()
    with contextlib.ExitStack() as pushes:
        running = []
        for stream, (kind, _, _) in streams.items():
            program = newest_ffmpeg() if kind == "hevc" else None
            command = push_of(clip(kind, SECONDS), server.push_url(stream, params="a=1"), program=program)
            running.append(pushes.enter_context(publishing(command)))
        assert [process.wait(SOON_S) for process in running] == [0] * len(streams)

    for stream, (_, tracks, formats) in streams.items():
        files = heard.files(stream, len(formats))
        assert set(files) == set(formats), f"{stream}: {heard.statuses(stream)}"
        for form, body in files.items():
            check_file(body, form, tracks, SECONDS)
            assert body["app"] == DOMAIN
            assert (body["appname"], body["channel_id"]) == ("live", stream)
            assert body["appid"] == server.credentials["appid"]
            assert body["record_temp_id"] == str(template)
            assert body["stream_param"] == f"vhost={DOMAIN}&a=1"
            assert body["record_bps"] == 0
            assert body["media_start_time"] < 1000
            assert began - 1 <= body["start_time"] <= body["end_time"] <= time.time()
            assert 0 <= body["start_time_usec"] < 1_000_000
            assert "task_id" not in body
            told = json.loads(body["callback_ext"])
            has_picture = "video" in tracks and form != "aac"
            assert told.get("video_codec") == (tracks["video"] if has_picture else None)
            assert told.get("resolution") == ("320x180" if has_picture else None)
    assert len({body["file_id"] for body in receiver.json_bodies() if body["event_type"] == 100}) == 18

    numbers = {"flv": 1, "hls": 2, "mp4": 3, "aac": 4}
    for form, number in numbers.items():
        told = [event for one, event in heard.statuses("bframes") if one == number]
        assert told == ["record_start_succeeded", "record_ended"], form
    assert (4, "record_start_failed") in heard.statuses("silent")
    no_sound = heard.wait(341, "silent", 1)[0]
    assert (no_sound["exception"]["type"], no_sound["exception_level"]) == (-17, "error")
    assert (no_sound["domain"], no_sound["path"], no_sound["file_format"]) == (DOMAIN, "live", "aac")
    for request in receiver.requests:
        assert verify(request.body, KEY).ok
    assert not list((server.folder / "data" / "media" / ".spool").rglob("*.note"))
    assert server.process is not None
    loaded = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "libavcodec" not in loaded, "streams are taken apart in workers alone"


def check_file(body: dict[str, Any], form: str, tracks: dict[str, str], seconds: float) -> None:
    """What the callback says is what ffprobe finds under its URL."""
    url = body["video_url"]
    newer = form == "flv" and tracks.get("video") == "hevc"
    seen = probe_with_pyav(url) if newer else probe(url)
    assert codecs(seen) == ({"audio": tracks["audio"]} if form == "aac" else tracks)
    assert errors_of_decoding(url, newest_ffmpeg() if newer else None) == ""
    assert abs(body["duration"] - seconds) <= KEY_INTERVAL_S
    if form != "aac":  # ADTS has no duration; ffprobe guesses one from the bit rate
        assert abs(float(seen["format"]["duration"]) - seconds) <= KEY_INTERVAL_S
    packets = sum(int(one["nb_read_packets"]) for one in seen["streams"] if one["codec_type"] == "video")
    if "video" in tracks and form != "aac":
        assert packets == round(seconds * 25), "every picture is there"
        assert {(one["width"], one["height"]) for one in seen["streams"] if one["codec_type"] == "video"} == {
            (320, 180)
        }
    if form != "hls":
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert int(answer.headers["Content-Length"]) == body["file_size"]
    else:
        assert body["file_size"] > 10_000


def test_an_hls_goes_on_when_the_push_comes_back_in_time(server, receiver, heard):
    set_up_recording(server, receiver, "flv", "hls", hls_continue_s=10)
    server.start()
    with publishing(push_of(clip("plain", 8), server.push_url("room1"))) as first:
        wait_for_recording(server, "flv-000001.flv", size=60_000)
        vanish(first)
    heard.wait(332, "room1", 4)
    with publishing(push_of(clip("large", 3), server.push_url("room1", params="b=2"))) as second:
        second.wait(SOON_S)
    flvs = heard.wait(100, "room1", 2)
    assert [body["file_format"] for body in flvs] == ["flv", "flv"], "one file for each push, and no HLS yet"
    assert flvs[0]["stream_param"] != flvs[1]["stream_param"]
    server.stop()  # the node need not wait for the continuation: it completes the file
    server.start()
    hls = next(body for body in heard.wait(100, "room1", 3) if body["file_format"] == "hls")
    assert abs(hls["duration"] - flvs[0]["duration"] - flvs[1]["duration"]) <= KEY_INTERVAL_S
    with urllib.request.urlopen(here(server, hls["video_url"]), timeout=10) as answer:
        playlist = answer.read().decode()
    assert playlist.count("#EXT-X-DISCONTINUITY") == 1
    assert playlist.rstrip().endswith("#EXT-X-ENDLIST")
    assert playlist.count("#EXT-X-ENDLIST") == 1
    told = [event for form, event in heard.statuses("room1") if form == 2]
    assert told == [
        "record_start_succeeded",
        "record_paused",
        "record_resumed",
        "record_paused",
        "record_ended",
    ]


def test_a_task_records_until_it_is_stopped(server, receiver, heard):
    set_up_recording(server, receiver)
    server.start()
    with publishing(push_of(clip("plain", 8), server.push_url("room1"))) as ffmpeg:
        task = record_by_task(server, "room1", seconds=60)
        heard.wait(332, "room1", 1)
        wait_for_recording(server, "segment-000000.ts")
        stop_task(server, task)
        body = heard.wait(100, "room1", 1)[0]
        assert ffmpeg.poll() is None
        stop_cleanly(ffmpeg)
    assert body["task_id"] == task.id
    assert body["file_format"] == "hls"
    assert "stream_param" not in body
    detail = json.loads(heard.wait(332, "room1", 2)[0]["record_detail"])
    assert detail["start_model"] == 5
    assert heard.of(332, "room1")[0]["task_id"] == task.id
    assert errors_of_decoding(here(server, body["video_url"])) == ""
