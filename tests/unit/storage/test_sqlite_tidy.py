"""What the writer tidies up between commits, and whom it does not hold up."""

import contextlib
import logging
import sqlite3
import threading
import time

import pytest

from airhook.core.accounts import ConsoleSession
from airhook.core.replays import Replay, ReplayState
from airhook.core.search import Filter
from airhook.storage.sqlite import connect, tidy, writer
from airhook.storage.sqlite.changes import Changes
from airhook.storage.sqlite.retention import Retention
from support.storage import DAY_MS, NOON_MS, SqliteBackend, accept_one, delivered, settle, transact

SOON_S = 30


def session(token, expires_ms):
    return ConsoleSession(token_sha256=token, user_id=1, created_ms=NOON_MS, expires_ms=expires_ms)


def test_console_sessions_that_ended_are_forgotten(tmp_path):
    backend = SqliteBackend(tmp_path)
    store = backend.store

    def put(tx):
        tx.put_console_session(session(b"old", NOON_MS + 1000))
        tx.put_console_session(session(b"new", NOON_MS + 100_000))

    def look(tx):
        return [bool(tx.console_session(token)) for token in (b"old", b"new")]

    transact(store, put)
    assert transact(store, look) == [True, True]
    backend.clock.now = NOON_MS + 1001
    deadline = time.monotonic() + SOON_S
    while transact(store, look) != [False, True]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    backend.close()


def test_tidying_does_not_wait_for_another_process(tmp_path, monkeypatch, caplog):
    """A caller waits as long as a commit may; what is not urgent does not make him wait twice."""
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 40_000)
    backend = SqliteBackend(tmp_path)
    tidier = backend.store._writer._tidier
    backend.store.close()  # its thread has ended: the tidier is ours
    database = connect.Database(tmp_path / connect.STATE_FILE)
    other = connect.connect(tmp_path / connect.STATE_FILE)
    other.execute("BEGIN IMMEDIATE")
    tidier._raw = database.raw
    tidier._clock_watch._raw = database.raw
    tidier._changes = Changes(database.raw)
    tidier._settler._raw = database.raw
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        tidier.tidy(idle=True)
    assert time.monotonic() - began < 30
    assert not caplog.records
    assert database.raw.execute("PRAGMA busy_timeout").fetchone() == (40_000,)
    other.close()
    database.close()


@pytest.mark.parametrize(
    ("part", "step"),
    [("_settler", "log_finished_events"), ("_clock_watch", "look"), ("_known_time", "save")],
)
def test_a_log_that_takes_nothing_more_still_loses_its_old_days(tmp_path, monkeypatch, part, step):
    """On a full disk, dropping a day makes the room that all the rest waits for."""
    monkeypatch.setattr(writer, "TIDY_EVERY_S", 0.02)
    backend = SqliteBackend(tmp_path, upkeep=Retention(days=2))
    settle(backend.store, delivered(accept_one(backend.store)))
    old = tmp_path / "logs" / "airhook-2026-01-01.db"
    assert old.exists()

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(getattr(backend.store._writer._tidier, part), step, full)
    backend.clock.now += 5 * DAY_MS
    deadline = time.monotonic() + SOON_S
    while old.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    backend.close()


def replay(number, ended_ms, account_id=1, state=ReplayState.DONE):
    return Replay(
        id=number,
        account_id=account_id,
        wanted=Filter(stream="room1"),
        rate=1,
        state=state,
        starts=True,
        created_ms=NOON_MS,
        cursor=0,
        ended_ms=ended_ms,
    )


def test_replays_are_forgotten_when_they_are_old_or_too_many(tmp_path):
    backend = SqliteBackend(tmp_path)

    def work(tx):
        tx.put_replay(replay(1, NOON_MS - 1))
        tx.put_replay(replay(2, NOON_MS, state=ReplayState.CANCELLED))
        tx.add_replay_items(2, [7])  # they are crossed out first
        tx.put_replay(replay(3, None, state=ReplayState.PAUSED))
        for number in (4, 5, 6):
            tx.put_replay(replay(number, NOON_MS))
        tx.put_replay(replay(7, NOON_MS, account_id=2))
        tx.forget_replays(NOON_MS, 2)
        return [one for one in range(1, 8) if tx.replay(one)]

    assert transact(backend.store, work) == [2, 3, 5, 6, 7]
    backend.close()


def test_a_server_forgets_replays_an_hour_later(tmp_path, monkeypatch):
    monkeypatch.setattr(tidy, "MAX_REPLAYS", 1)
    backend = SqliteBackend(tmp_path)

    def put(tx):
        for number in (1, 2, 3):
            tx.put_replay(replay(number, NOON_MS))

    transact(backend.store, put)
    backend.clock.now = NOON_MS + 3_600_001
    deadline = time.monotonic() + SOON_S
    while transact(backend.store, lambda tx: [one for one in (1, 2, 3) if tx.replay(one)]) != [3]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    backend.close()


def test_nobody_waits_for_space_to_be_given_back(tmp_path, monkeypatch):
    """Between two commits the writer has nothing to do for a moment, under any load: that is no rest."""
    monkeypatch.setattr(writer, "TIDY_EVERY_S", 0.02)
    monkeypatch.setattr(writer, "QUIET_S", 30)
    backend = SqliteBackend(tmp_path)
    tidier = backend.store._writer._tidier
    idle, tidied = [], threading.Condition()
    tidy_it = tidier.tidy

    def watched(**how):
        with tidied:
            idle.append(how["idle"])
            tidied.notify()
        return tidy_it(**how)

    def seen(count):
        with tidied:
            return tidied.wait_for(lambda: len(idle) >= count, SOON_S)

    monkeypatch.setattr(tidier, "tidy", watched)
    while len(idle) < 5:
        transact(backend.store, lambda _: None)
    assert not any(idle)
    monkeypatch.setattr(writer, "QUIET_S", 0.05)
    assert seen(len(idle) + 10)
    assert idle[-1]
    backend.close()


@pytest.mark.parametrize("who", ["this process", "another process"])
def test_nothing_is_tidied_at_rest_until_somebody_writes(tmp_path, monkeypatch, who):
    monkeypatch.setattr(writer, "TIDY_EVERY_S", 0.02)
    monkeypatch.setattr(writer, "QUIET_S", 0.05)
    monkeypatch.setattr(tidy, "REST_S", 1000)
    backend = SqliteBackend(tmp_path)
    tidier = backend.store._writer._tidier
    turns: list[int] = []
    tidied: list[dict[str, bool]] = []
    changed = threading.Condition()
    tidy_it, whole_turn = tidier.tidy, tidier._tidy

    def watched(**how):
        more = tidy_it(**how)
        with changed:
            turns.append(len(tidied))
            changed.notify()
        return more

    def counted(**how):
        tidied.append(how)
        return whole_turn(**how)

    def seen(condition):
        with changed:
            return changed.wait_for(condition, SOON_S)

    monkeypatch.setattr(tidier, "tidy", watched)
    monkeypatch.setattr(tidier, "_tidy", counted)
    assert seen(lambda: len(turns) > 5 and turns[-1] == turns[-5]), "it comes to rest"
    before = len(tidied)
    if who == "this process":
        transact(backend.store, lambda tx: tx.put_console_session(session(b"new", NOON_MS + 100_000)))
    else:
        with contextlib.closing(connect.connect(tmp_path / connect.STATE_FILE)) as other:
            other.execute("UPDATE config_state SET version = version + 1")
    assert seen(lambda: len(tidied) > before and tidied[-1]["idle"]), "it goes on until nothing is left to do"
    backend.close()
