"""What the writer tidies up between commits, and whom it does not hold up."""

import logging
import time

from airhook.core.accounts import ConsoleSession
from airhook.storage.sqlite import connect
from support.storage import NOON_MS, SqliteBackend, transact

SOON_S = 10


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
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 1500)
    backend = SqliteBackend(tmp_path)
    tidier = backend.store._writer._tidier
    backend.store.close()  # its thread has ended: the tidier is ours
    database = connect.Database(tmp_path / connect.STATE_FILE)
    other = connect.connect(tmp_path / connect.STATE_FILE)
    other.execute("BEGIN IMMEDIATE")
    tidier._raw = database.raw
    tidier._clock_watch._raw = database.raw
    tidier._settler._raw = database.raw
    began = time.monotonic()
    with caplog.at_level(logging.WARNING):
        tidier.tidy(idle=True)
    assert time.monotonic() - began < 1
    assert not caplog.records
    assert database.raw.execute("PRAGMA busy_timeout").fetchone() == (1500,)
    other.close()
    database.close()
