"""A real push whose picture gets another size while it goes on: everything recorded plays, and is as long as it was."""

import json
import urllib.request

from support.media import (
    clip,
    codecs,
    errors_of_decoding,
    joined,
    probe,
    push_of,
    set_up_recording,
)
from support.publishers import publishing

SOON_S = 45
EACH_S = 3.0
KEY_INTERVAL_S = 1.0  # of the clips
SIZES = ["320x180", "640x360"]


def test_a_change_of_resolution_in_one_push_leaves_files_that_play(server, receiver, heard):
    set_up_recording(server, receiver, "flv", "hls", "mp4")
    server.start()
    changing = joined(clip("plain", EACH_S), clip("large", EACH_S))
    with publishing(push_of(changing, server.push_url("room1"))) as ffmpeg:
        assert ffmpeg.wait(SOON_S) == 0
    files = heard.wait(100, "room1", 5)
    assert len(heard.of(1, "room1")) == len(heard.of(0, "room1")) == 1, "it was one push"

    for form in ("flv", "mp4"):
        parts = [body for body in files if body["file_format"] == form]
        assert [json.loads(body["callback_ext"])["resolution"] for body in parts] == SIZES
        for body, size in zip(parts, SIZES, strict=True):
            seen = probe(body["video_url"])
            assert codecs(seen) == {"video": "h264", "audio": "aac"}
            assert sizes(seen) == [size]
            assert abs(float(seen["format"]["duration"]) - EACH_S) <= KEY_INTERVAL_S
            assert abs(body["duration"] - EACH_S) <= KEY_INTERVAL_S
            assert errors_of_decoding(body["video_url"]) == ""
    (hls,) = [body for body in files if body["file_format"] == "hls"]
    assert abs(hls["duration"] - 2 * EACH_S) <= KEY_INTERVAL_S
    assert abs(float(probe(hls["video_url"])["format"]["duration"]) - 2 * EACH_S) <= KEY_INTERVAL_S
    assert errors_of_decoding(hls["video_url"]) == ""
    assert segment_sizes(hls["video_url"]) == SIZES, "each side of the break has its own size"

    for form in ("flv", "ts", "mp4"):
        told = [body for body in heard.of(341, "room1") if body["file_format"] == form]
        assert {body["exception"]["type"]: body["exception_level"] for body in told} == {
            -100: "info",
            -120: "info",
        }
        assert next(b for b in told if b["exception"]["type"] == -100)["exception"]["desc"].endswith(SIZES[1])
    for number in (1, 2, 3):
        told = [event for one, event in heard.statuses("room1") if one == number]
        assert told == ["record_start_succeeded", "record_ended"], "a cut is no end"


def sizes(seen):
    return [f"{one['width']}x{one['height']}" for one in seen["streams"] if one["codec_type"] == "video"]


def segment_sizes(url):
    """The sizes on both sides of the playlist's break, without repeats."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        playlist = answer.read().decode()
    sides = playlist.split("#EXT-X-DISCONTINUITY\n")
    assert len(sides) == 2
    found: list[str] = []
    for side in sides:
        names = [line for line in side.splitlines() if line.endswith(".ts")]
        of_side = {size for name in names for size in sizes(probe(f"{url.rpartition('/')[0]}/{name}"))}
        assert len(of_side) == 1
        found += of_side
    return found
