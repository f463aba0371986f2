"""The day files: made ahead, one a day, set aside when damaged, dropped by unlinking."""

import asyncio
import datetime as dt
import logging
import os
import sqlite3
import time

import pytest

from airhook.core.errors import UnavailableError
from airhook.core.search import Filter
from airhook.storage.sqlite import writer
from airhook.storage.sqlite.logs import DayLogs, LogRows, day_of, start_ms
from support.storage import (
    DAY_MS,
    NOON_MS,
    SqliteBackend,
    accept_one,
    delivered,
    event,
    query,
    settle,
    transact,
)

NEW_YEAR = dt.date(2026, 1, 1)


def rows(name="event-1"):
    return LogRows(events=[(name, 1, 1, "d", "a", "s", None, NOON_MS, NOON_MS, 1, "{}", 0)])


def names(path):
    return [row[0] for row in query(path, "SELECT id FROM event_log ORDER BY id")]


def test_days_are_utc_days():
    midnight = start_ms(NEW_YEAR)
    assert midnight == NOON_MS - DAY_MS // 2
    assert [day_of(midnight - 1), day_of(midnight), day_of(midnight + DAY_MS - 1)] == [
        dt.date(2025, 12, 31),
        NEW_YEAR,
        NEW_YEAR,
    ]


def test_each_day_has_its_file(tmp_path):
    logs = DayLogs(tmp_path / "logs")
    logs.write(NOON_MS, rows("first"))
    logs.write(NOON_MS + DAY_MS, rows("second"))
    logs.write(NOON_MS, rows("clock went back"))
    logs.close()
    assert logs.days() == [dt.date(2026, 1, 2), NEW_YEAR]
    assert names(tmp_path / "logs" / "airhook-2026-01-01.db") == ["clock went back", "first"]
    assert names(tmp_path / "logs" / "airhook-2026-01-02.db") == ["second"]


def test_a_repeat_takes_the_place_of_the_row(tmp_path):
    logs = DayLogs(tmp_path)
    logs.write(NOON_MS, rows())
    logs.write(NOON_MS, rows())
    assert names(logs.path(NEW_YEAR)) == ["event-1"]
    logs.close()


def test_a_dropped_day_is_gone_and_can_begin_again(tmp_path):
    logs = DayLogs(tmp_path)
    logs.write(NOON_MS, rows("old"))
    logs.drop(NEW_YEAR)
    assert list(tmp_path.iterdir()) == []
    logs.write(NOON_MS, rows("new"))
    assert names(logs.path(NEW_YEAR)) == ["new"]
    logs.close()
    logs.drop(dt.date(2020, 1, 1))


DAMAGES = [
    pytest.param(b"no database at all " * 300, id="no database"),
    pytest.param(b"", id="empty"),
]


@pytest.mark.parametrize("content", DAMAGES)
def test_a_damaged_file_is_set_aside_and_the_rest_goes_on(tmp_path, caplog, content):
    logs = DayLogs(tmp_path)
    logs.path(NEW_YEAR).write_bytes(content)
    with caplog.at_level(logging.ERROR):
        logs.write(NOON_MS, rows())
    logs.close()
    assert names(logs.path(NEW_YEAR)) == ["event-1"]
    assert logs.days() == [NEW_YEAR]
    (aside,) = tmp_path.glob("*.damaged-*")
    assert aside.read_bytes().startswith(content)
    assert str(logs.path(NEW_YEAR)) in caplog.text


def test_a_file_damaged_while_open_is_set_aside_too(tmp_path):
    backend = SqliteBackend(tmp_path)
    settle(backend.store, delivered(accept_one(backend.store)))
    backend.close()
    path = tmp_path / "logs" / "airhook-2026-01-01.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)  # every page but the first
    path.write_bytes(content)
    backend.store = backend.open()
    after = accept_one(backend.store)
    assert len(settle(backend.store, delivered(after)).applied) == 1
    shown = asyncio.run(backend.store.read(lambda view: view.search(None, Filter(), 10).records))
    assert [one.delivery.id for one in shown] == [after.id]
    assert len(list((tmp_path / "logs").glob("*.damaged-*"))) == 1
    backend.close()


def test_a_damaged_file_of_another_day_is_skipped_by_readers(tmp_path, caplog):
    backend = SqliteBackend(tmp_path)
    settle(backend.store, delivered(of := accept_one(backend.store)))
    broken = tmp_path / "logs" / "airhook-2025-12-31.db"
    broken.write_bytes(b"broken" * 1000)
    with caplog.at_level(logging.WARNING):
        shown = asyncio.run(backend.store.read(lambda view: view.search(None, Filter(), 10).records))
    assert [one.delivery.id for one in shown] == [of.id]
    assert str(broken) in caplog.text
    backend.close()


def test_what_a_file_tells_of_is_not_taken_for_gone_while_it_cannot_be_opened(tmp_path):
    """As when the process has no file descriptor left. To say that nothing is there would be a lie."""
    backend = SqliteBackend(tmp_path)
    settle(backend.store, delivered(of := accept_one(backend.store)))
    path = tmp_path / "logs" / "airhook-2026-01-01.db"
    aside = path.rename(path.with_suffix(".aside"))
    path.mkdir()
    reads = (
        lambda view: view.search(None, Filter(), 10).records,
        lambda view: view.search(None, Filter(status=200), 10).records,
        lambda view: list(view.records([of.id]).values()),
    )
    for read in reads:
        with pytest.raises(UnavailableError, match="cannot be read now: its file cannot be opened"):
            asyncio.run(backend.store.read(read))
    path.rmdir()
    aside.rename(path)
    for read in reads:
        assert [one.delivery.id for one in asyncio.run(backend.store.read(read))] == [of.id]
    backend.close()


def test_a_search_does_without_an_index_that_cannot_be_opened(tmp_path, caplog):
    backend = SqliteBackend(tmp_path)
    settle(backend.store, delivered(of := accept_one(backend.store)))
    (tmp_path / "logs" / "airhook-2026-01-01.idx").mkdir()
    found = asyncio.run(backend.store.read(lambda view: view.search(None, Filter(status=200), 10)))
    assert [one.delivery.id for one in found.records] == [of.id]
    assert "the log itself is looked through" in caplog.text
    backend.close()


def test_a_file_that_another_process_made_meanwhile_is_used(tmp_path, monkeypatch):
    logs, other = DayLogs(tmp_path), DayLogs(tmp_path)
    link = os.link

    def late_link(draft, path):
        if not path.exists():
            monkeypatch.setattr(os, "link", link)
            other.write(NOON_MS, rows("theirs"))
        link(draft, path)

    monkeypatch.setattr(os, "link", late_link)
    logs.write(NOON_MS, rows("ours"))
    logs.close()
    other.close()
    assert names(logs.path(NEW_YEAR)) == ["ours", "theirs"]
    assert [path.name for path in tmp_path.iterdir()] == ["airhook-2026-01-01.db"]


def test_many_events_without_deliveries_do_not_pile_up(tmp_path, monkeypatch):
    """More than one commit moves: the rest follows at once, not at the next look."""
    monkeypatch.setattr(writer, "TIDY_EVERY_S", 3)
    backend = SqliteBackend(tmp_path)
    events = [event() for _ in range(3000)]

    def work(tx):
        for one in events:
            tx.accept(one, [])

    transact(backend.store, work)
    deadline = time.monotonic() + 14  # a look for each commit takes eighteen seconds
    while backend.live_events():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(backend.logged_events()) == 3000
    backend.close()


def test_today_and_tomorrow_are_made_ahead(tmp_path):
    backend = SqliteBackend(tmp_path)
    ahead = {"airhook-2026-01-01.db", "airhook-2026-01-02.db"}
    deadline = time.monotonic() + 20
    while {path.name for path in (tmp_path / "logs").glob("*.db")} != ahead:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    backend.close()
    assert names(tmp_path / "logs" / "airhook-2026-01-02.db") == []


def test_a_file_of_the_first_version_is_brought_up_to_date_when_it_is_opened(tmp_path):
    logs = DayLogs(tmp_path)
    logs.write(NOON_MS, rows("old"))
    logs.close()
    raw = sqlite3.connect(logs.path(NEW_YEAR))
    raw.executescript("ALTER TABLE event_log DROP COLUMN planned; PRAGMA user_version = 1")
    raw.close()
    logs.write(NOON_MS, rows("new"))
    logs.close()
    assert query(logs.path(NEW_YEAR), "SELECT id, planned FROM event_log ORDER BY id") == [
        ("new", 0),
        ("old", None),
    ]


def test_a_file_from_before_there_were_hooks_takes_them(tmp_path):
    logs = DayLogs(tmp_path)
    logs.write(NOON_MS, rows("old"))
    logs.close()
    raw = sqlite3.connect(logs.path(NEW_YEAR))
    raw.executescript("DROP TABLE hook_log; PRAGMA user_version = 3")
    raw.close()
    logs.write(NOON_MS, LogRows(hooks=[(7, 1, 1, "s", 1, 1, 1, "on_publish", "", b"", "started", "")]))
    logs.close()
    assert query(logs.path(NEW_YEAR), "SELECT session_id, hook FROM hook_log") == [(7, "on_publish")]
    assert query(logs.path(NEW_YEAR), "SELECT id FROM event_log") == [("old",)]
