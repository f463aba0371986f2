"""Reports are handled in order until they are done, and their folder goes with the last of them."""

import asyncio
from pathlib import Path

import uvloop

from airhook.core.errors import UnavailableError
from airhook.media import outbox as outboxes
from airhook.media import spool
from airhook.media.outbox import Outbox
from airhook.media.protocol import FormatSpec, RecordSpec, StatusReport, Subject, Task

TASK = Task(
    id="7",
    subject=Subject(account_id=1, appid=1, domain="push.example.com", app="live", stream="room1001"),
    session_id=1,
    job=RecordSpec(formats=[FormatSpec(format="flv")]),
)
WITHIN_S = 30


def report(number: int) -> StatusReport:
    return StatusReport(id=str(number), event="record_ended", format="flv", at_ms=1)


class Handled:
    """A handler that fails the first ``faults`` times, and always at one report."""

    def __init__(self, faults: int = 0, poison: str = "") -> None:
        self.ids: list[str] = []
        self.faults = faults
        self.poison = poison

    async def __call__(self, _task: Task, told: StatusReport, _folder: Path) -> None:
        if self.faults:
            self.faults -= 1
            raise UnavailableError("the database is away")
        if told.id == self.poison:
            raise ValueError("no event can be made of it")
        self.ids.append(told.id)


def folder_with(tmp_path: Path, count: int) -> spool.TaskFolder:
    folder = spool.TaskFolder(tmp_path / "7")
    folder.create(TASK)
    for number in range(count):
        folder.note(TASK, report(number))
    return folder


async def until_gone(path: Path) -> None:
    async with asyncio.timeout(WITHIN_S):
        while path.exists():
            await asyncio.sleep(0.01)


def test_reports_are_handled_in_order_though_the_first_fails_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(outboxes, "FIRST_PAUSE_S", 0.01)

    async def main():
        folder, handled = folder_with(tmp_path, 12), Handled(faults=3)
        outbox = Outbox(tmp_path, {StatusReport: handled})
        outbox.hint("7/00000001.note")
        outbox.retire("7")
        await until_gone(folder.path)
        assert handled.ids == [str(number) for number in range(12)]
        assert outbox.waiting() == 0
        folder.close()

    uvloop.run(main())


def test_a_report_that_was_not_done_at_a_stop_is_found_at_the_next_start(tmp_path):
    async def main():
        folder = folder_with(tmp_path, 2)
        first = Outbox(tmp_path, {StatusReport: Handled(faults=100)})
        first.retire("7")
        await first.close(0.05)
        assert len(folder.notes()) == 2
        handled = Handled()
        second = Outbox(tmp_path, {StatusReport: handled})
        second.retire("7")
        await until_gone(folder.path)
        assert handled.ids == ["0", "1"]
        folder.close()

    uvloop.run(main())


def test_what_is_no_report_is_put_aside_and_holds_up_nothing(tmp_path):
    async def main():
        folder, handled = folder_with(tmp_path, 1), Handled()
        (folder.path / "00000000.note").write_text("{}")
        outbox = Outbox(tmp_path, {StatusReport: handled})
        outbox.hint("7/00000000.note")
        await outbox.close(WITHIN_S)
        assert handled.ids == ["0"]
        assert (folder.path / "00000000.bad").exists()
        folder.close()

    uvloop.run(main())


def test_a_report_that_can_never_be_taken_is_put_aside_with_its_folder_and_holds_up_nothing(
    tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(outboxes, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(outboxes, "LONGEST_PAUSE_S", 0.002)

    async def main():
        folder, handled = folder_with(tmp_path, 3), Handled(poison="1")
        (folder.path / "flv-000001.flv").write_bytes(b"a file")
        outbox = Outbox(tmp_path, {StatusReport: handled})
        outbox.retire("7")
        await outbox.close(WITHIN_S)
        assert handled.ids == ["0", "2"]
        assert (folder.path / "00000002.bad").exists()
        assert (folder.path / "flv-000001.flv").exists()
        folder.close()

    uvloop.run(main())
    assert "no event can be made of it" in caplog.text
    assert "was put aside" in caplog.text


def test_a_database_that_is_away_for_long_costs_no_report(tmp_path, monkeypatch):
    monkeypatch.setattr(outboxes, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(outboxes, "LONGEST_PAUSE_S", 0.002)

    async def main():
        folder, handled = folder_with(tmp_path, 1), Handled(faults=3 * outboxes.TRIES)
        outbox = Outbox(tmp_path, {StatusReport: handled})
        outbox.retire("7")
        await until_gone(folder.path)
        assert handled.ids == ["0"]
        folder.close()

    uvloop.run(main())


def test_a_folder_with_a_living_worker_stays(tmp_path):
    async def main():
        folder, handled = folder_with(tmp_path, 1), Handled()
        outbox = Outbox(tmp_path, {StatusReport: handled})
        outbox.hint("7/00000001.note")
        await outbox.close(WITHIN_S)
        assert handled.ids == ["0"]
        assert folder.path.exists()
        assert not folder.notes()
        folder.close()

    uvloop.run(main())
