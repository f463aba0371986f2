"""Spools of nodes that are gone: what waits in them is taken over once, and nothing of a living one."""

from pathlib import Path

from airhook.media.adopt import SpoolHold
from airhook.media.protocol import RecordSpec, StatusReport, Subject, Task
from airhook.media.spool import TaskFolder

SUBJECT = Subject(account_id=1, appid=1, domain="push.example.com", app="live", stream="room1")


def task_in(spool: Path, number: int) -> TaskFolder:
    task = Task(id=str(number), subject=SUBJECT, session_id=1, job=RecordSpec(formats=[]))
    folder = TaskFolder(spool / task.id)
    folder.create(task)
    folder.note(task, StatusReport(id="1", event="record_ended", format="flv", at_ms=1))
    return folder


def test_what_a_node_of_another_name_left_is_taken_over(tmp_path):
    old = SpoolHold(tmp_path / "node-a")
    task_in(tmp_path / "node-a", 1).close()
    old.close()
    new = SpoolHold(tmp_path / "node-b")
    assert new.adopt() == 1
    assert len(TaskFolder(tmp_path / "node-b" / "1").notes()) == 1
    assert not (tmp_path / "node-a").exists()
    assert new.adopt() == 0
    new.close()


def test_a_living_node_keeps_its_own(tmp_path):
    old, new = SpoolHold(tmp_path / "node-a"), SpoolHold(tmp_path / "node-b")
    task_in(tmp_path / "node-a", 1).close()
    assert new.adopt() == 0
    assert (tmp_path / "node-a" / "1").exists()
    old.close()
    new.close()


def test_what_a_worker_still_finishes_is_left_to_the_next_start(tmp_path):
    SpoolHold(tmp_path / "node-a").close()
    busy = task_in(tmp_path / "node-a", 1)
    task_in(tmp_path / "node-a", 2).close()
    new = SpoolHold(tmp_path / "node-b")
    assert new.adopt() == 1
    assert (tmp_path / "node-a" / "1").exists()
    busy.close()
    assert new.adopt() == 1
    assert sorted(path.name for path in (tmp_path / "node-b").iterdir()) == ["1", "2"]
    new.close()
