"""What has ended is copied into the day's log from the live database, as everybody else still sees it there."""

import sqlite3

import msgspec
import pytest

from airhook.storage.sqlite.connect import STATE_FILE, connect
from airhook.storage.sqlite.logs import DayLogs, day_of
from airhook.storage.sqlite.queries import HOT
from support.new_database import new_database
from support.storage import (
    NOON_MS,
    SqliteBackend,
    accept,
    accept_one,
    delivered,
    delivery,
    event,
    failed,
    query,
    settle,
)

replace = msgspec.structs.replace


@pytest.fixture
def backend(tmp_path):
    made = SqliteBackend(tmp_path / "data")
    yield made
    made.close()


def logged(backend, what):
    (path,) = (backend.folder / "logs").glob("airhook-2026-01-01.db")
    return query(path, f"SELECT {what} FROM delivery_log ORDER BY id")


def test_the_log_holds_what_the_live_row_held(backend):
    sent = accept_one(backend.store, stream="room", event_type=100)
    columns = ", ".join(sent.__struct_fields__)
    (before,) = query(backend.folder / STATE_FILE, f"SELECT {columns} FROM deliveries")
    settle(backend.store, delivered(sent))
    changed = {"state": "delivered", "attempts": 1}
    expected = [changed.get(name, value) for name, value in zip(sent.__struct_fields__, before, strict=True)]
    assert logged(backend, f"{columns}, reason, settled_ms") == [(*expected, None, NOON_MS)]


def test_one_that_was_changed_and_ended_in_one_commit_is_logged_as_it_was_at_last(backend):
    """The change is not committed yet, so that the log must not look for it in the live database."""
    sent, other = accept_one(backend.store), accept_one(backend.store)
    again = replace(sent, attempts=1, body=b'{"t":1}')
    settled = settle(
        backend.store, replace(failed(sent), body=b'{"t":1}'), delivered(again), delivered(other)
    )
    assert len(settled.applied) == 3
    assert logged(backend, "id, body, attempts") == [(sent.id, b'{"t":1}', 2), (other.id, other.body, 1)]
    assert sorted(backend.logged_events()) == sorted([sent.event_id, other.event_id])
    (path,) = (backend.folder / "logs").glob("airhook-2026-01-01.db")
    assert query(path, "SELECT ids FROM log_changes") != []


def test_events_with_deliveries_left_count_down_by_themselves(backend):
    """One ends with both of its deliveries, one keeps one of three, one has its only one ended."""
    two, three, one = event(), event(), event()
    sent_two = accept(backend.store, two, *(delivery(two) for _ in range(2)))
    sent_three = accept(backend.store, three, *(delivery(three) for _ in range(3)))
    sent_one = accept(backend.store, one, delivery(one))
    settle(backend.store, *map(delivered, [*sent_two, *sent_three[:2], *sent_one]))
    assert backend.live_events() == {three.id: 1}
    assert sorted(backend.logged_events()) == sorted([two.id, one.id])


def test_a_damaged_live_database_is_not_put_down_to_its_log(backend):
    settle(backend.store, delivered(accept_one(backend.store)))
    sent = accept_one(backend.store)
    path = backend.folder / STATE_FILE
    other = connect(path)
    assert other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[0] == 0
    other.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\x5a" * (len(content) - 4096))  # the writer still has its pages
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        settle(backend.store, delivered(sent))
    assert list((backend.folder / "logs").glob("*.damaged-*")) == []
    path.write_bytes(content)
    assert len(settle(backend.store, delivered(sent)).applied) == 1


def test_the_space_of_the_logs_wal_is_given_back_and_the_live_one_left_alone(backend):
    """The log's connection has the live database attached, for reading."""
    settle(backend.store, delivered(accept_one(backend.store)))
    (log_wal,) = (backend.folder / "logs").glob("*.db-wal")
    live_wal = backend.folder / f"{STATE_FILE}-wal"
    before = live_wal.stat().st_size
    assert before > 0
    assert log_wal.stat().st_size > 0
    backend.store._logs.truncate(0)
    assert (log_wal.stat().st_size, live_wal.stat().st_size) == (0, before)


@pytest.mark.parametrize("name", ["copy_deliveries", "copy_events"])
def test_copying_reads_no_whole_table(tmp_path, name):
    new_database(tmp_path)
    logs = DayLogs(tmp_path)
    logs.prepare(day_of(NOON_MS))
    raw = connect(logs.path(day_of(NOON_MS)))
    raw.execute("ATTACH ? AS live", (f"{(tmp_path / STATE_FILE).as_uri()}?mode=ro",))
    parameters = 5 if "?5" in HOT[name] else 2
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {HOT[name]}", ["[]"] * parameters)]
    raw.close()
    assert any(step.startswith("SEARCH") for step in plan)
    assert [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step] == []
