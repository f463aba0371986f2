"""From a finished file in the spool to its event: stored first, told once, and gone from the spool then."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from airhook.control.recordings import Recordings
from airhook.core.errors import UnavailableError
from airhook.core.facts.record import RecordFile
from airhook.media.protocol import FileReport, FormatSpec, RecordFormat, RecordSpec, Subject, Task
from airhook.media.store.base import Key, StoreError
from support.media_store import local_store

ACCOUNT = 7
SUBJECT = Subject(account_id=ACCOUNT, appid=1300000001, domain="push.example.com", app="live", stream="room1")


class Events:
    def __init__(self) -> None:
        self.accepted: list[RecordFile] = []
        self.is_away = False

    async def accept(self, _task: Any, _kind: Any, _fact_id: str, _at_ms: int, facts: Any) -> None:
        if self.is_away:
            raise UnavailableError("The database takes nothing.")
        self.accepted.append(facts)


class Desk:
    """A recording in a spool, and who takes it."""

    def __init__(self, folder: Path, form: RecordFormat) -> None:
        self.spool = folder / "spool"
        self.spool.mkdir()
        self.store = local_store(folder / "media")
        self.events = Events()
        is_hls = form == "hls"
        self.source = self.spool / ("hls-000001" if is_hls else f"{form}-000001.{form}")
        if is_hls:
            self.source.mkdir()
            (self.source / "segment-000000.ts").write_bytes(b"segment")
            (self.source / "playlist.m3u8").write_bytes(b"playlist")
        else:
            self.source.write_bytes(b"file")
        self.report = FileReport(
            id="42", path=self.source.name, entry="playlist.m3u8" if is_hls else "", format=form,
            start_ms=1000, end_ms=5000, duration_ms=4000, bytes=4,
        )  # fmt: skip
        job = RecordSpec(formats=[FormatSpec(format=form, folder="/x", file_name="{RandomID}")])
        self.task = Task(id="1", subject=SUBJECT, session_id=5, job=job)

    def handle(self) -> None:
        events: Any = self.events
        asyncio.run(Recordings(self.store, events).file(self.task, self.report, self.spool))

    def stored(self, name: str) -> bytes | None:
        found = self.store.find(Key(ACCOUNT, f"push.example.com/live/x/{name}"))
        return found.read_bytes() if found else None


@pytest.mark.parametrize("form", ["flv", "mp4", "hls"])
def test_what_is_stored_and_told_of_leaves_the_spool_though_the_push_goes_on(tmp_path, form):
    desk = Desk(tmp_path, form)
    desk.handle()
    (facts,) = desk.events.accepted
    assert (facts.file_id, facts.file_size, facts.duration) == ("42", 4, 4)
    assert not desk.source.exists()
    if form == "hls":
        assert (desk.stored("42/playlist.m3u8"), desk.stored("42/segment-000000.ts")) == (
            b"playlist",
            b"segment",
        )
    else:
        assert desk.stored(f"42.{form}") == b"file"


def test_a_repeat_after_a_crash_tells_nothing_again(tmp_path):
    desk = Desk(tmp_path, "mp4")
    desk.handle()
    desk.handle()
    assert len(desk.events.accepted) == 1
    assert desk.stored("42.mp4") == b"file"


def test_while_the_database_or_the_store_is_away_the_file_stays(tmp_path):
    desk = Desk(tmp_path, "mp4")
    desk.events.is_away = True
    with pytest.raises(UnavailableError):
        desk.handle()
    assert desk.source.exists()
    desk.events.is_away = False
    (tmp_path / "media").rename(tmp_path / "elsewhere")
    (tmp_path / "media").write_bytes(b"no folder")
    with pytest.raises(StoreError):
        desk.handle()
    assert desk.source.exists()
    (tmp_path / "media").unlink()
    desk.handle()
    assert len(desk.events.accepted) == 1


def test_a_file_that_somebody_took_away_is_said_in_the_log(tmp_path, caplog):
    desk = Desk(tmp_path, "mp4")
    desk.source.unlink()
    desk.handle()
    assert not desk.events.accepted
    assert "not in the spool any more" in caplog.text
