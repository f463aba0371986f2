"""Recordings of streams that are pulled from real media servers, over each protocol that can be pulled."""

import asyncio
from pathlib import Path

import uvloop

from airhook.core.clock import IdMaker, SystemClock
from airhook.media.protocol import (
    FaultReport,
    FileReport,
    FormatSpec,
    PullInput,
    RecordSpec,
    Report,
    Subject,
)
from airhook.media.spool import read_note
from airhook.media.supervisor import PoolSettings, Supervisor
from support.media import clip, codecs, errors_of_decoding, probe, push_of
from support.nginx_rtmp import nginx_rtmp
from support.publishers import publishing
from support.rtsp_server import rtsp_server

WITHIN_S = 30
SECONDS = 4
SUBJECT = Subject(account_id=1, appid=1, domain="push.example.com", app="live", stream="room1")


def recorded(folder: Path, source: PullInput) -> list[Report]:
    """What a worker reports of one MP4 of it, until the stream is over."""

    async def main() -> list[Report]:
        over = asyncio.Event()
        notes: list[str] = []
        pool = Supervisor(
            folder / "spool",
            "",
            PoolSettings(),
            IdMaker(SystemClock()),
            on_report=notes.append,
            on_retired=lambda _folder: None,
            on_over=lambda _key: over.set(),
        )
        pool.begin(SUBJECT, 1, RecordSpec(formats=[FormatSpec(format="mp4")]), source)
        async with asyncio.timeout(WITHIN_S):
            await over.wait()
        await pool.close()
        found = [read_note(folder / "spool" / note) for note in notes]
        return [note.report for note in found if note is not None]

    return uvloop.run(main())


def check(folder: Path, reports: list[Report], least_s: float) -> None:
    (report,) = [one for one in reports if isinstance(one, FileReport)]
    (path,) = (folder / "spool").rglob("*.mp4")
    seen = probe(path)
    assert codecs(seen) == {"video": "h264", "audio": "aac"}
    assert errors_of_decoding(path) == ""
    duration_s = float(seen["format"]["duration"])
    assert abs(report.duration_ms / 1000 - duration_s) <= 0.5
    assert least_s <= duration_s <= SECONDS + 1


def test_a_stream_of_nginx_over_rtmp_and_over_hls(tmp_path):
    with nginx_rtmp(tmp_path / "nginx") as nginx:
        nginx.configure_hls()
        nginx.start()
        rtmp = nginx.push_url("room1")
        with publishing(push_of(clip("plain", SECONDS), rtmp)) as push:
            live = recorded(tmp_path / "rtmp", PullInput(url=rtmp, session_id=1, read_s=2))
            assert push.wait(WITHIN_S) == 0
        playlist = nginx.playlist("room1")
        playlist.write_text(f"{playlist.read_text()}#EXT-X-ENDLIST\n")
        later = recorded(tmp_path / "hls", PullInput(url=nginx.playlist_url("room1"), session_id=1))
    check(tmp_path / "rtmp", live, SECONDS - 2)
    check(tmp_path / "hls", later, SECONDS - 2)
    # Over RTMP it says nothing when a publisher leaves; the silence is told as what it is.
    assert [one.fault for one in live if isinstance(one, FaultReport)] == [-16]
    assert [one.fault for one in later if isinstance(one, FaultReport)] == []


def test_a_stream_of_gstreamer_over_rtsp(tmp_path):
    with rtsp_server(clip("plain", SECONDS)) as url:
        reports = recorded(tmp_path, PullInput(url=url, session_id=1, read_s=3))
    check(tmp_path, reports, SECONDS - 1.5)


def test_a_server_that_is_not_there_is_told_of_without_the_key_in_its_url(tmp_path):
    reports = recorded(tmp_path, PullInput(url="rtmp://127.0.0.1:1/live/room1?key=secret", session_id=1))
    (fault,) = [one for one in reports if isinstance(one, FaultReport)]
    assert (fault.fault, fault.level, fault.format) == (-16, "error", "mp4")
    assert "Connection refused" in fault.text
    assert "secret" not in fault.text
