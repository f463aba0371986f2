"""What a broken disk, a locked file and a long backlog do to the store: callers hear of it, and it goes on after."""

import asyncio
import sqlite3
import time

import pytest

from airhook.core.errors import UnavailableError
from airhook.storage.sqlite import connect
from airhook.storage.sqlite.connect import STATE_FILE
from support.storage import (
    NOON_MS,
    SqliteBackend,
    accept,
    accept_one,
    account,
    all_due,
    delivered,
    delivery,
    event,
    failed,
    settle,
    transact,
)

ENOUGH_PAGES = 1_000_000


@pytest.fixture
def backend(tmp_path):
    made = SqliteBackend(tmp_path / "data")
    yield made
    made.close()


def limit_pages(store, pages):
    """Let the database have that many pages; run on the writer's thread, between two commits."""

    def work(tx):
        return tx._raw.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]

    return transact(store, work)


def fill_up(store):
    """Accept until the disk is full; the events that were acknowledged."""
    kept: list[str] = []

    def accept_for_ever():
        for _ in range(1000):
            of = event()
            accept(store, of, delivery(of, body=b"x" * 20_000))
            kept.append(of.id)

    with pytest.raises(UnavailableError, match="disk is full"):
        accept_for_ever()
    return kept


def test_a_full_disk_refuses_and_recovers(backend):
    store = backend.store
    sent = accept_one(store)
    limit_pages(store, 1)  # cannot shrink: it is the number of pages there are
    kept = fill_up(store)
    with pytest.raises(UnavailableError):
        accept(store, of := event(), delivery(of, body=b"x" * 20_000))
    limit_pages(store, ENOUGH_PAGES)
    after = accept_one(store)
    settle(store, delivered(sent), failed(after))
    assert set(backend.live_events()) == {*kept, after.event_id}


@pytest.mark.parametrize("replaced", [False, True])
def test_a_database_that_is_removed_or_replaced_refuses_until_it_is_back(backend, tmp_path, replaced):
    before = accept_one(backend.store)
    file = tmp_path / "data" / STATE_FILE
    moved = file.rename(tmp_path / "moved.db")
    if replaced:
        file.write_bytes(moved.read_bytes())
    with pytest.raises(UnavailableError, match=r"airhook\.db was removed or replaced"):
        accept_one(backend.store)
    moved.rename(file)
    after = accept_one(backend.store)
    assert set(backend.live_events()) == {before.event_id, after.event_id}


def test_a_full_disk_fails_every_caller_of_the_commit_and_loses_none(backend):
    store = backend.store
    limit_pages(store, 1)
    fill_up(store)

    async def many():
        events = [event() for _ in range(100)]
        works = [
            store.transact(lambda tx, of=of: tx.accept(of, [delivery(of, body=b"x" * 20_000)]))
            for of in events
        ]
        answers = await asyncio.gather(*works, return_exceptions=True)
        return {of.id for of, answer in zip(events, answers, strict=True) if answer is None}, answers

    accepted, answers = asyncio.run(many())
    assert all(answer is None or isinstance(answer, UnavailableError) for answer in answers)
    assert accepted <= set(backend.live_events())
    assert len(accepted) < 100


def test_a_full_disk_in_the_middle_of_a_work_undoes_it(backend):
    """A full disk may end SQLite's transaction and its savepoints by itself."""
    store = backend.store
    limit_pages(store, 1)

    def work(tx):
        tx.put_account(account())
        for n in range(2, 2000):
            tx.put_account(account(n))

    with pytest.raises(UnavailableError):
        transact(store, work)
    assert transact(store, lambda tx: tx.accounts()) == []


def test_a_work_that_ends_the_transaction_takes_nobody_with_it(backend):
    """Something unexpected breaks the shared transaction: the others are committed without it."""
    store = backend.store

    def work(tx, n):
        tx.put_account(account(n))
        if n == 20:
            tx._raw.execute("ROLLBACK")
            raise sqlite3.DatabaseError("out of the blue")

    async def fifty():
        works = [store.transact(lambda tx, n=n: work(tx, n)) for n in range(1, 51)]
        return await asyncio.gather(*works, return_exceptions=True)

    answers = asyncio.run(fifty())
    assert [n for n, answer in enumerate(answers, 1) if answer is not None] == [20]
    assert len(transact(store, lambda tx: tx.accounts())) == 49


def test_a_locked_database_fails_everyone_who_waits_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_MS", 1000)
    backend = SqliteBackend(tmp_path)
    other = connect.connect(tmp_path / connect.STATE_FILE)
    other.execute("BEGIN IMMEDIATE")

    async def many():
        works = [backend.store.transact(lambda tx: tx.new_template_id()) for _ in range(50)]
        return await asyncio.gather(*works, return_exceptions=True)

    began = time.monotonic()
    answers = asyncio.run(many())
    assert {type(answer) for answer in answers} == {UnavailableError}
    assert time.monotonic() - began < 20, "not one time-out after another"
    other.execute("ROLLBACK")
    other.close()
    assert transact(backend.store, lambda tx: tx.new_template_id()) == 1001
    backend.close()


def test_outcomes_that_cannot_be_logged_are_kept(backend):
    """The log's disk is full: the delivery stays as it was, and may be settled later."""
    store = backend.store
    sent = accept_one(store)
    settle(store, delivered(accept_one(store)))  # opens the file of the day
    _, log = store._logs._open
    log.execute("PRAGMA max_page_count = 1")
    of = event()
    big = list(map(delivered, accept(store, of, *(delivery(of, body=b"x" * 9000) for _ in range(50)))))
    with pytest.raises(UnavailableError):
        settle(store, *big)
    log.execute(f"PRAGMA max_page_count = {ENOUGH_PAGES}")
    assert len(all_due(store, NOON_MS, 100)) == 51
    assert len(settle(store, *big, delivered(sent)).applied) == 51


def test_the_wal_is_given_back_when_idle(tmp_path, backend):
    store = backend.store
    wal = tmp_path / "data" / "airhook.db-wal"
    of = event()
    accept(store, of, *(delivery(of, body=b"x" * 50_000) for _ in range(200)))
    assert wal.stat().st_size > 8_000_000
    deadline = time.monotonic() + 20
    while wal.stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_steady_stream_keeps_the_wal_bounded(tmp_path, backend):
    """A reader that reads all the time must not make it grow without end."""
    store = backend.store
    wal = tmp_path / "data" / "airhook.db-wal"
    sizes = []
    for _ in range(25):
        of = event()
        sent = accept(store, of, *(delivery(of, body=b"x" * 30_000) for _ in range(150)))
        assert len(all_due(store, NOON_MS, 1000)) == 150
        settle(store, *map(delivered, sent))
        sizes.append(wal.stat().st_size)
    assert sum(150 * 30_000 for _ in range(25)) > 80_000_000
    assert max(sizes) < 100_000_000


def test_every_connection_that_writes_is_fully_synced(backend):
    """What is acknowledged survives a power cut, not only a crash: 2 is FULL."""
    settle(backend.store, delivered(accept_one(backend.store)))
    state, (_, log) = backend.store._database.raw, backend.store._logs._open
    for raw in (state, log):
        assert raw.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_closing_leaves_one_file(tmp_path, backend):
    accept_one(backend.store)
    backend.close()
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["airhook.db", "logs"]
