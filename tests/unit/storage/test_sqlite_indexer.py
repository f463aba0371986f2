"""The thread that keeps the days' indexes."""

import datetime as dt
import logging
import threading

import pytest

from airhook.storage.sqlite.indexer import Indexer
from airhook.storage.sqlite.logs import DayLogs

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
        indexer = Indexer(logs, tmp_path / "airhook.db")
        assert all(look.wait(10) for look in looks)
        indexer.close()
    assert len(caplog.messages) == told
    logs.close()
