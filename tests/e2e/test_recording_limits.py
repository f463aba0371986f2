"""Recordings on a disk without room, and in a worker without memory: what there is plays, and is told of once."""

import resource
from pathlib import Path

import pytest

from support.media import (
    clip,
    errors_of_decoding,
    probe,
    push_of,
    set_up_recording,
    wait_for_recording,
    worker_pids,
)
from support.publishers import publishing, stop_cleanly
from support.server import AirhookServer
from support.small_disk import fill, small_disk

SOON_S = 45
LONG_S = 40  # of pushes that are stopped when they have shown what they are to show
BEGUN = "record_start_succeeded"
KEY_INTERVAL_S = 1.0  # of the clips


@pytest.fixture
def disk(tmp_path):
    """Of media alone."""
    with small_disk(tmp_path / "disk", 6) as folder:
        yield folder


def told(heard, number, room="room1"):
    return [event for one, event in heard.statuses(room) if one == number]


def check(bodies):
    for body in bodies:
        assert errors_of_decoding(body["video_url"]) == "", body["file_format"]
        assert abs(float(probe(body["video_url"])["format"]["duration"]) - body["duration"]) <= KEY_INTERVAL_S
        assert body["file_size"] > 0


def test_a_full_disk_ends_files_that_play_and_no_callback_waits_for_it(tmp_path, disk, receiver, heard):
    server = AirhookServer(tmp_path, AIRHOOK_MEDIA__FOLDER=str(disk), AIRHOOK_MEDIA__MIN_FREE_MB="0")
    try:
        set_up_recording(server, receiver, "flv", "mp4", "hls")
        server.start()
        with publishing(push_of(clip("plain", LONG_S), server.push_url("room1"))) as ffmpeg:
            wait_for_recording(disk, "segment-000000.ts")
            ballast = fill(disk)
            receiver.wait_until(
                lambda: all("record_error" in told(heard, form) for form in (1, 2, 3)), SOON_S
            )
            heard.wait(100, "room1", 2)  # for its playlist an HLS needs room
            with publishing(push_of(clip("plain", 1), server.push_url("room2"))) as other:
                other.wait(SOON_S)
            assert len(heard.wait(0, "room2", 1)) == len(heard.of(1, "room2")) == 1
            assert ffmpeg.poll() is None, "the push did not notice"
            ballast.unlink()
            receiver.wait_until(
                lambda: all(told(heard, form).count(BEGUN) == 2 for form in (1, 2, 3)), SOON_S
            )
            wait_for_recording(disk, "segment-000000.ts")  # a file without a frame would not be told of
            stop_cleanly(ffmpeg)
        files = heard.wait(100, "room1", 6)
        check(files)
        errors = [body for body in heard.of(341, "room1") if body["exception"]["type"] == -104]
        assert {body["file_format"] for body in errors} == {"flv", "ts", "mp4"}
        assert {body["exception_level"] for body in errors} == {"error"}
        assert all(told(heard, form)[:2] == [BEGUN, "record_error"] for form in (1, 2, 3))
        server.stop()
        server.start()
        server.stop()
        assert len(heard.of(100, "room1")) == len({body["file_id"] for body in files}) == 6
        assert not list(disk.rglob("*.note"))
    finally:
        server.stop()


def test_a_disk_that_is_nearly_full_ends_recordings_before_the_database_on_it_is_touched(
    tmp_path, receiver, heard
):
    with small_disk(tmp_path / "disk", 64) as disk:
        server = AirhookServer(disk, AIRHOOK_MEDIA__MIN_FREE_MB="16")
        try:
            set_up_recording(server, receiver, "flv", "mp4")
            server.start()
            with publishing(push_of(clip("plain", LONG_S), server.push_url("room1"))) as ffmpeg:
                wait_for_recording(disk, "flv-000001.flv", size=60_000)
                ballast = fill(disk, leave_bytes=12 << 20)
                first = heard.wait(100, "room1", 2)
                assert ffmpeg.poll() is None
                with publishing(push_of(clip("plain", 1), server.push_url("room2"))) as other:
                    other.wait(SOON_S)
                assert len(heard.wait(0, "room2", 1)) == len(heard.of(1, "room2")) == 1
                assert not heard.of(332, "room2"), "none begins meanwhile"
                ballast.unlink()
                receiver.wait_until(
                    lambda: all(told(heard, form).count(BEGUN) == 2 for form in (1, 3)), SOON_S
                )
                stop_cleanly(ffmpeg)
            files = heard.wait(100, "room1", 4)
            check(first)
            check(files)
            assert [told(heard, form) for form in (1, 3)] == [[BEGUN, "record_ended"] * 2] * 2
            assert not heard.of(341, "room1"), "nothing was lost"
        finally:
            server.stop()


def test_a_worker_at_its_memory_limit_is_replaced_and_its_streams_go_on(server, receiver, heard):
    set_up_recording(server, receiver, "flv", "mp4")
    server.start()
    with (
        publishing(push_of(clip("plain", LONG_S), server.push_url("room1"))) as first,
        publishing(push_of(clip("plain", LONG_S), server.push_url("room2"))) as second,
    ):
        for room in ("room1", "room2"):
            heard.wait(332, room, 2)
        wait_for_recording(server, "flv-000001.flv", size=60_000)
        (worker,) = worker_pids(server)
        take_its_memory(worker)
        # What another stream needs is more than it may have.
        with publishing(push_of(clip("large", 3), server.push_url("room3"))) as third:
            broken = [heard.wait(100, room, 2) for room in ("room1", "room2")]
            assert worker not in worker_pids(server)
            assert (first.poll(), second.poll()) == (None, None), "the pushes did not notice"
            third.wait(SOON_S)
        for room in ("room1", "room2"):
            receiver.wait_until(
                lambda room=room: all(told(heard, form, room).count(BEGUN) == 2 for form in (1, 3)), SOON_S
            )
        for push in (first, second):
            stop_cleanly(push)
    assert "media.worker_memory_mb" in server.log()
    for room in ("room1", "room2"):
        files = heard.wait(100, room, 4)
        check(files)
        assert len({body["file_id"] for body in files}) == 4
        events = [event for form, event in heard.statuses(room) if form == 1]
        assert sorted(events) == sorted([BEGUN, "record_error", BEGUN, "record_ended"])
    check(heard.wait(100, "room3", 2))
    assert all(len(one) == 2 for one in broken)


def take_its_memory(pid: int) -> None:
    """No more address space than it has now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    resource.prlimit(pid, resource.RLIMIT_AS, (pages * resource.getpagesize(),) * 2)
