"""The index of a search: it is made anew when it is gone or damaged, and what it says is not believed blindly."""

import contextlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import DeliveryState
from airhook.core.search import NEWEST, Filter
from airhook.storage.sqlite.connect import connect
from airhook.storage.sqlite.daysearch import DaySearch
from airhook.storage.sqlite.logindex import create, mark_of
from airhook.storage.sqlite.retention import Retention
from support.searchable import URLS, end_as, expected, fill
from support.searching import ids, index, search
from support.storage import NOON_MS, SqliteBackend, accept, delivery, event

pytestmark = pytest.mark.usefixtures("patient")


def test_an_index_that_is_gone_or_broken_is_made_anew(tmp_path):
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    wanted = Filter(status=500)
    for damage in (bytes, lambda: b"no database at all" * 500):
        for path in (tmp_path / "logs").glob("*.idx*"):
            path.unlink()
        for path in (tmp_path / "logs").glob("*.db"):
            if content := damage():
                path.with_suffix(".idx").write_bytes(content)
        index(backend)
        assert ids(search(backend, wanted)) == expected(known, wanted)
        assert len(list((tmp_path / "logs").glob("*.idx"))) == len(list((tmp_path / "logs").glob("*.db")))
    backend.close()


def damage(path):
    """Spoil all of an index but its first page, which tells what it is."""
    with closing(connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"spoilt" * ((path.stat().st_size - 4096) // 6))


def test_a_damaged_index_hides_nothing_from_a_search_which_deletes_it(tmp_path, caplog):
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    index(backend)
    paths = list((tmp_path / "logs").glob("*.idx"))
    for path in paths:
        damage(path)
    wanted = Filter(status=500)
    assert expected(known, wanted)
    assert ids(search(backend, wanted)) == expected(known, wanted)
    assert "is damaged" in caplog.text
    assert [path for path in paths if path.exists()] == []
    backend.close()


def test_a_running_server_makes_a_damaged_index_anew(tmp_path):
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    index(backend)
    backend.close()
    paths = list((tmp_path / "logs").glob("*.idx"))
    for path in paths:
        damage(path)
    backend = SqliteBackend(tmp_path, upkeep=Retention())
    wanted = Filter(stream="room1")
    assert ids(search(backend, wanted)) == expected(known, wanted)
    logs = backend.store._log_reader.logs
    until = time.monotonic() + 20
    while not all(indexed(logs, day) for day in logs.days()):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert ids(search(backend, wanted)) == expected(known, wanted)
    backend.close()


def indexed(logs, day):
    if not logs.index(day).exists():
        return False
    with (
        contextlib.suppress(sqlite3.DatabaseError),
        DaySearch.of(logs.files, logs.path(day), logs.index(day)) as asked,
    ):
        return list(asked.unindexed()) == []
    return False


def test_an_index_that_is_not_ready_yet_is_asked_once_it_is(tmp_path):
    """The indexer has just made its file when a search comes by."""
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    logs = backend.store._log_reader.logs
    for day in logs.days():
        connect(logs.index(day), create=True).close()
    wanted = Filter(stream="room1")
    assert ids(search(backend, wanted)) == expected(known, wanted)
    for day in logs.days():
        with closing(connect(logs.index(day))) as raw:
            create(raw, mark_of(logs.path(day)))
    index(backend)
    assert all(indexed(logs, day) for day in logs.days())
    assert ids(search(backend, wanted)) == expected(known, wanted)
    backend.close()


def test_an_index_of_another_log_is_not_believed(tmp_path):
    """The log of a day was damaged and began anew: what the old one told of is not found in it any more."""
    backend = SqliteBackend(tmp_path)
    fill(backend, 3)
    index(backend)
    logs = backend.store._log_reader.logs
    day = logs.days()[0]
    backend.close()
    for side in ("", "-wal", "-shm"):
        Path(f"{logs.path(day)}{side}").unlink(missing_ok=True)
    logs.prepare(day)
    with DaySearch.of(logs.files, logs.path(day), logs.index(day)) as asked:
        assert asked.candidates(1, Filter()) is None
        assert list(asked.unindexed()) == []


def test_the_rarest_value_leads_the_search(tmp_path):
    """Of two values the one that fewer deliveries have is looked through, whatever their order."""
    backend = SqliteBackend(tmp_path)
    for n in range(30):
        made = event(f"event-{n}", stream="rare" if n == 7 else "room", domain="push.example", account_id=1)
        (one,) = accept(backend.store, made, delivery(made, id=(NOON_MS << ID_LOW_BITS) + n, url=URLS[n % 2]))
        end_as(backend, one, "delivered")
    index(backend)
    logs = backend.store._log_reader.logs
    day = logs.days()[-1]
    with DaySearch.of(logs.files, logs.path(day), logs.index(day)) as asked:
        for wanted in (
            Filter(domain="push.example", stream="rare"),
            Filter(stream="rare", url=URLS[1]),
            Filter(stream="rare", state=DeliveryState.DELIVERED),
        ):
            found = asked.candidates(1, wanted)
            assert found is not None
            assert found.chunk(0, NEWEST, 100) == [(NOON_MS << ID_LOW_BITS) + 7]
    backend.close()
