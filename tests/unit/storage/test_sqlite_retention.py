"""How long the log is kept, by days and by size."""

import asyncio
import datetime as dt
import functools
import time

import pytest

from airhook.core.ports import Tx
from airhook.core.search import Filter
from airhook.core.sessions import Session, SessionState
from airhook.storage.sqlite.logs import DayLogs, LogRows, start_ms
from airhook.storage.sqlite.retention import Retention
from support.searching import ids, index, search
from support.storage import (
    DAY_MS,
    NOON_MS,
    SqliteBackend,
    accept,
    delivered,
    delivery,
    event,
    session,
    settle,
    transact,
)
from support.verified import checked, found

TODAY = dt.date(2026, 1, 20)


@pytest.fixture
def logs(tmp_path):
    """Ten days, the newest is today; each has a file and an index."""
    made = DayLogs(tmp_path)
    for back in range(10):
        day = TODAY - dt.timedelta(days=back)
        made.write(start_ms(day), LogRows())
        made.index(day).write_bytes(bytes(1000))
    yield made
    made.close()


def unheard(_over: list[dt.date]) -> None:
    """Nobody notes what is dropped."""


def kept(logs):
    return [(TODAY - day).days for day in logs.days()]


@pytest.mark.parametrize(("days", "left"), [(None, 10), (30, 10), (9, 10), (8, 9), (3, 4), (1, 2), (0, 2)])
def test_days(logs, days, left):
    noted = []
    dropped = Retention(days=days).drop(logs, TODAY, lambda over: noted.append((over, kept(logs))))
    assert noted == ([(dropped, list(range(10)))] if dropped else []), "before the first one goes"
    assert kept(logs) == list(range(left))
    assert [(TODAY - day).days for day in dropped] == list(range(9, left - 1, -1))
    assert len(list(logs.path(TODAY).parent.glob("*.idx"))) == left


def test_size_counts_indexes_and_drops_the_oldest_first(logs):
    day_bytes = sum(path.stat().st_size for path in logs.path(TODAY).parent.glob("airhook-2026-01-15.*"))
    today_bytes = sum(path.stat().st_size for path in logs.path(TODAY).parent.glob("airhook-2026-01-20.*"))
    Retention(max_bytes=today_bytes + 4 * day_bytes + 10_000).drop(logs, TODAY, unheard)
    assert 4 <= len(kept(logs)) < 10
    assert kept(logs)[0] == 0
    Retention(max_bytes=1).drop(logs, TODAY, unheard)
    assert kept(logs) == [0, 1]


def test_what_an_interrupted_drop_left_is_swept_up(logs):
    """The log went first, and the process died: nothing is left of the day, and everything of the others."""
    old, folder = logs.days()[-1], logs.path(TODAY).parent
    logs.path(old).unlink()
    (folder / f"{logs.path(old).name}-wal").write_bytes(b"rest")
    others = {path for path in folder.iterdir() if old.isoformat() not in path.name}
    Retention().drop(logs, TODAY, unheard)
    assert set(folder.iterdir()) == others


def test_the_writer_drops_what_is_over_while_deliveries_go_on(tmp_path):
    backend = SqliteBackend(tmp_path, upkeep=Retention(days=2))
    of = event(event_type=200, session_id=None)
    settle(backend.store, delivered(accept(backend.store, of, delivery(of))[0]))
    index(backend)
    of = event(event_type=200, session_id=None)
    (waiting,) = accept(backend.store, of, delivery(of, expires_ms=NOON_MS + 40 * DAY_MS))
    backend.clock.now += 5 * DAY_MS
    deadline = time.monotonic() + 20
    while list((tmp_path / "logs").glob("airhook-2026-01-01*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert ids(search(backend, Filter())) == [waiting.id]
    settle(backend.store, delivered(waiting))
    assert ids(search(backend, Filter())) == [waiting.id]
    transact(backend.store, lambda tx: tx.prove_writable())
    backend.close()
    assert found(checked(tmp_path)) == set(), "a day that was dropped is not missed"


@pytest.mark.parametrize(
    ("days", "kept_days"), [(30, 62), (100, 102)], ids=["as past streams are asked for", "as the log"]
)
def test_pushes_are_remembered_as_long_as_the_log_tells_of_them(tmp_path, days, kept_days):
    backend = SqliteBackend(tmp_path, upkeep=Retention(days=days))
    ages = [1, 61, 63, 101, 103, 4000]
    for age in ages:
        ended = session(
            age + 1, stream=f"room{age}", state=SessionState.CLOSED, ended_ms=NOON_MS - age * DAY_MS
        )
        transact(backend.store, functools.partial(insert, ended))
    deadline = time.monotonic() + 20
    while 4000 in remembered(backend, ages):  # the others go in the same commit
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert remembered(backend, ages) == [age for age in ages if age <= kept_days]
    backend.close()


def test_a_log_without_end_remembers_all_pushes():
    assert Retention().sessions_ms is None


def insert(row: Session, tx: Tx) -> None:
    tx.insert_session(row)


def remembered(backend, ages):
    found = [asyncio.run(backend.store.read(lambda view, id_=age + 1: view.session(id_))) for age in ages]
    return [age for age, row in zip(ages, found, strict=True) if row is not None]
