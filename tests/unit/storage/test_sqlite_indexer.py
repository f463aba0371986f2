"""The thread that keeps the days' indexes."""

import datetime as dt
import errno
import logging
import threading

import pytest

from airhook.storage.sqlite import indexer
from airhook.storage.sqlite.indexer import Indexer
from airhook.storage.sqlite.logindex import DayIndex
from airhook.storage.sqlite.logs import DayLogs
from support.storage import SqliteBackend

DAY = dt.date(2026, 1, 15)


@pytest.mark.parametrize(("there", "told"), [(False, 0), (True, 1)], ids=["dropped", "unreadable"])
def test_only_a_day_that_is_still_there_is_worth_a_word(tmp_path, monkeypatch, caplog, there, told):
    """Retention drops a day between the list of days and its turn; nobody has to hear of that."""
    logs = DayLogs(tmp_path)
    if there:
        logs.path(DAY).mkdir()
    looks = [threading.Event() for _ in range(2)]
    waiting = iter(looks)

    def days():
        next(waiting, threading.Event()).set()
        return [DAY]

    monkeypatch.setattr(logs, "days", days)
    with caplog.at_level(logging.WARNING):
        keeper = Indexer(logs, tmp_path / "airhook.db")
        assert all(look.wait(10) for look in looks)
        keeper.close()
    assert len(caplog.messages) == told
    logs.close()


def test_a_lack_of_files_ends_no_indexing(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(indexer, "LOOK_EVERY_S", 0.01)
    logs = DayLogs(tmp_path)
    looks = threading.Semaphore(0)

    def days():
        looks.release()
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(logs, "days", days)
    with caplog.at_level(logging.WARNING):
        keeper = Indexer(logs, tmp_path / "airhook.db")
        assert all(looks.acquire(timeout=10) for _ in range(3))
        keeper.close()
    (told,) = caplog.messages
    assert "Too many open files" in told
    logs.close()


def test_a_day_that_nobody_writes_is_indexed_once(tmp_path, monkeypatch):
    """Reading a log makes an empty WAL beside it, which is no news of the log."""
    monkeypatch.setattr(indexer, "QUIET_NS", 0)
    monkeypatch.setattr(indexer, "LOOK_EVERY_S", 0.01)
    SqliteBackend(tmp_path).close()
    logs = DayLogs(tmp_path / "logs")
    looks: list[int] = []
    indexed: list[dt.date] = []
    logs.prepare(DAY)
    listed = logs.days
    enough = threading.Event()

    def days():
        looks.append(len(indexed))
        if len(looks) == 10:
            enough.set()
        return [day for day in listed() if day == DAY]

    def counted(of, day, live):
        indexed.append(day)
        return DayIndex(of, day, live)

    monkeypatch.setattr(logs, "days", days)
    monkeypatch.setattr(indexer, "DayIndex", counted)
    keeper = Indexer(logs, tmp_path / "airhook.db")
    assert enough.wait(10)
    keeper.close()
    logs.close()
    assert len(indexed) == 1
