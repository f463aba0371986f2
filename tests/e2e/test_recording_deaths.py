"""Recordings when a worker, the node or the publisher dies: what was recorded plays, and is told of once."""

import os
import signal

from support.media import (
    clip,
    errors_of_decoding,
    here,
    probe,
    push_of,
    set_up_recording,
    wait_for_recording,
    worker_pids,
)
from support.publishers import publishing, vanish

SOON_S = 45
KEY_INTERVAL_S = 1.0  # of the clips


def test_a_killed_worker_loses_no_file_and_the_recording_goes_on_in_a_new_one(server, receiver, heard):
    set_up_recording(server, receiver, "flv", "mp4", "hls")
    server.start()
    with publishing(push_of(clip("plain", 12), server.push_url("room1"))) as ffmpeg:
        wait_for_recording(server, "segment-000000.ts")
        killed = worker_pids(server)
        assert len(killed) == 1
        os.kill(killed[0], signal.SIGKILL)
        broken = heard.wait(100, "room1", 3)
        assert ffmpeg.poll() is None, "the push did not notice"
        ffmpeg.wait(SOON_S)
    files = heard.wait(100, "room1", 6)
    for body in files:
        assert errors_of_decoding(body["video_url"]) == "", body["file_format"]
        assert abs(float(probe(body["video_url"])["format"]["duration"]) - body["duration"]) <= KEY_INTERVAL_S
    assert {body["file_format"] for body in broken} == {"flv", "mp4", "hls"}
    assert len({body["file_id"] for body in files}) == 6
    told = [event for form, event in heard.statuses("room1") if form == 1]
    assert sorted(told) == sorted(
        ["record_start_succeeded", "record_error", "record_start_succeeded", "record_ended"]
    )
    # Between the death and the new file lies the pause before a new worker, and its wait for a key frame.
    for form in ("flv", "mp4", "hls"):
        recorded = sum(body["duration"] for body in files if body["file_format"] == form)
        assert recorded >= 4


def test_a_killed_node_tells_of_its_files_once_when_it_is_back(server, receiver, heard):
    set_up_recording(server, receiver, "flv", "mp4", "hls", "aac")
    server.start()
    with publishing(push_of(clip("plain", 12), server.push_url("room1"))) as ffmpeg:
        wait_for_recording(server, "segment-000000.ts")
        workers = worker_pids(server)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        server.kill()
        vanish(ffmpeg)
    server.start()
    files = heard.files("room1", 4)
    for form, body in files.items():
        assert errors_of_decoding(here(server, body["video_url"])) == "", form
        assert 3 <= body["duration"] <= 8, form
    server.stop()
    server.start()
    server.stop()
    assert len(heard.of(100, "room1")) == 4
    assert not list((server.folder / "data" / "media" / ".spool").rglob("*.note"))


def test_a_node_that_dies_alone_leaves_its_worker_to_finish_for_one_of_another_name(server, receiver, heard):
    set_up_recording(server, receiver, "flv", "hls")
    server.start()
    with publishing(push_of(clip("plain", 8), server.push_url("room1"))) as ffmpeg:
        wait_for_recording(server, "flv-000001.flv", size=60_000)
        server.kill()
        ffmpeg.wait(SOON_S)
    server.start(AIRHOOK_NODE__ID="renamed")
    for form, body in heard.files("room1", 2).items():
        assert errors_of_decoding(here(server, body["video_url"])) == "", form
    assert [event for _, event in heard.statuses("room1")].count("record_ended") == 2


def test_a_stop_of_the_node_completes_its_files(server, receiver, heard):
    set_up_recording(server, receiver, "flv", "mp4")
    server.start()
    with publishing(push_of(clip("plain", 8), server.push_url("room1"))):
        wait_for_recording(server, "flv-000001.flv", size=60_000)
        server.stop()
    assert not list((server.folder / "data" / "media" / ".spool").rglob("*.live"))
    server.start()
    files = heard.files("room1", 2)
    assert all(errors_of_decoding(here(server, body["video_url"])) == "" for body in files.values())
