"""Reports are handled in order until they are done, and their folder goes with the last of them."""

import asyncio
from pathlib import Path

import uvloop

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
WITHIN_S = 10


def report(number: int) -> StatusReport:
    return StatusReport(id=str(number), event="record_ended", format="flv", at_ms=1)


class Handled:
    """A handler that fails the first ``faults`` times."""

    def __init__(self, faults: int = 0) -> None:
        self.ids: list[str] = []
        self.faults = faults

    async def __call__(self, _task: Task, told: StatusReport, _folder: Path) -> None:
        if self.faults:
            self.faults -= 1
            raise RuntimeError("the database is away")
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
