"""Callers and many outcomes in one commit, the log's beside it: in which order, and what a failure of one is to the other."""

import asyncio
import sqlite3
import threading

import pytest

from airhook.core import failpoints
from airhook.core.deliveries import Delivery
from airhook.core.errors import AlreadyExistsError, UnavailableError
from airhook.core.ports import Settled
from airhook.storage.sqlite import settle, writer
from airhook.storage.sqlite.writer import TOGETHER
from support.storage import (
    NOON_MS,
    SqliteBackend,
    accept,
    all_due,
    delivered,
    delivery,
    event,
    failed,
    query,
)

WAIT_S = 20


@pytest.fixture
def backend(tmp_path):
    made = SqliteBackend(tmp_path / "data")
    yield made
    failpoints.disarm()
    made.close()


class Round:
    """Works and outcomes that reach the writer at once: it is held up until all are there."""

    def __init__(self, backend):
        self.backend = backend
        self.store = backend.store
        self.begins = []  # transactions of the live database, from the moment on when the writer is let go
        self.last = lambda: None  # called when all are there
        self._answer = []
        self._told = threading.Event()

    def _settled(self, answer):
        self._answer.append(answer)
        self._told.set()

    def run(self, works, outcomes):
        """What became of each work, and of the outcomes."""
        results = asyncio.run(self._run(works, outcomes))
        assert self._told.wait(WAIT_S)
        return results, self._answer[0]

    async def _run(self, works, outcomes):
        held, go = threading.Event(), threading.Event()

        def hold_up(tx):
            held.set()
            assert go.wait(WAIT_S)
            tx._raw.set_trace_callback(self._trace)
            self.last()

        first = asyncio.ensure_future(self.store.transact(hold_up))
        await asyncio.to_thread(held.wait, WAIT_S)
        later = [asyncio.ensure_future(self.store.transact(work)) for work in works]
        for _ in range(2):  # they run, and are handed in when the turn is over
            await asyncio.sleep(0)
        self.store.settle(outcomes, self._settled)
        go.set()
        await first
        return await asyncio.gather(*later, return_exceptions=True)

    def _trace(self, statement):
        if statement.startswith("BEGIN"):
            self.begins.append(statement)


def sqlite_error(code):
    error = sqlite3.OperationalError("it cannot be done now")
    error.sqlite_errorcode = code
    return error


def sent(backend, count=TOGETHER):
    """Accepted deliveries, to be settled."""
    made = []
    for _ in range(count):
        of = event(session_id=None, event_type=100)
        made += accept(backend.store, of, delivery(of))
    return made


def accepting(*events):
    return [lambda tx, of=of: tx.accept(of, [delivery(of)]) for of in events]


def unsettled(backend):
    return {one.event_id for one in all_due(backend.store, NOON_MS, 1000)}


def test_callers_and_many_outcomes_are_one_commit(backend):
    old, new = sent(backend), [event() for _ in range(5)]
    a_round = Round(backend)
    results, settled = a_round.run(accepting(*new), [delivered(one) for one in old])
    assert results == [None] * 5
    assert len(settled.applied) == len(old)
    assert len(a_round.begins) == 1
    assert unsettled(backend) == {of.id for of in new}
    assert sorted(backend.logged_events()) == sorted(one.event_id for one in old)


class HeldLog:
    """A day's log whose next commit waits until it is let go."""

    def __init__(self, backend, monkeypatch):
        self.begun, self.go = threading.Event(), threading.Event()
        self._write = backend.store._logs.write
        monkeypatch.setattr(backend.store._logs, "write", self)

    def __call__(self, *rows):
        self.begun.set()
        assert self.go.wait(WAIT_S)
        self._write(*rows)


def test_callers_that_come_while_the_log_commits_share_the_commit(backend, monkeypatch):
    """They need no commit of their own afterwards, although none was there when it began."""
    monkeypatch.setattr(writer, "GATHER_S", WAIT_S)
    old, new = sent(backend), [event(), event()]
    log, begins = HeldLog(backend, monkeypatch), []
    told: list[Delivery] = []
    backend.store.on_accepted(told.extend)

    def trace(statement):
        if statement.startswith(("BEGIN", "COMMIT")):
            begins.append(statement)

    async def scene():
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        backend.store.settle(
            [delivered(one) for one in old], lambda answer: loop.call_soon_threadsafe(done.set)
        )
        await asyncio.to_thread(log.begun.wait, WAIT_S)
        ran = threading.Event()
        backend.store._database.raw.set_trace_callback(trace)

        def second(tx):
            tx.accept(new[1], [delivery(new[1])])
            ran.set()

        first = backend.store.submit(accepting(new[0])[0])
        last = backend.store.submit(second)
        assert await asyncio.to_thread(ran.wait, WAIT_S)  # the log still commits
        assert not first.done()
        log.go.set()
        await asyncio.gather(first, last, asyncio.wait_for(done.wait(), WAIT_S))

    asyncio.run(scene())
    assert begins[:1] == ["COMMIT"]
    assert [one.event_id for one in told] == [of.id for of in new]
    assert unsettled(backend) == {of.id for of in new}
    assert backend.store.stats().commits["callers"].items.total == len(old) + len(new)


def test_callers_are_not_failed_by_a_log_that_fails_while_they_join(backend, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_S", WAIT_S)
    old, new = sent(backend), event()
    begun, go = threading.Event(), threading.Event()

    def fails(*_):
        begun.set()
        assert go.wait(WAIT_S)
        raise sqlite_error(sqlite3.SQLITE_FULL)

    answers: list[Settled | Exception] = []

    async def scene():
        backend.store.settle([delivered(one) for one in old], answers.append)
        await asyncio.to_thread(begun.wait, WAIT_S)
        ran = threading.Event()

        def work(tx):
            tx.accept(new, [delivery(new)])
            ran.set()

        joined = backend.store.submit(work)
        assert await asyncio.to_thread(ran.wait, WAIT_S)
        go.set()
        await joined

    with monkeypatch.context() as broken:
        broken.setattr(backend.store._logs, "write", fails)
        asyncio.run(scene())
        backend.store.close()
    backend.store = backend.open()
    assert [type(one) for one in answers] == [UnavailableError]
    assert unsettled(backend) == {new.id, *(one.event_id for one in old)}


def test_few_outcomes_let_callers_go_first(backend):
    """Their answer needs no commit of the log."""
    old = sent(backend, TOGETHER - 1)
    a_round = Round(backend)
    _, settled = a_round.run(accepting(event()), [delivered(one) for one in old])
    assert len(settled.applied) == TOGETHER - 1
    assert len(a_round.begins) == 2


def test_the_log_is_committed_before_the_state(backend):
    old, new = sent(backend), event()
    seen = []

    def look():
        live = {id_ for (id_,) in query(backend.folder / "airhook.db", "SELECT id FROM deliveries")}
        seen.append((live, backend.logged_attempts()))

    failpoints.arm("writer.after_log_commit", look)
    Round(backend).run(accepting(new), [delivered(one) for one in old])
    assert seen == [({one.id for one in old}, [(1, 200)] * len(old))]


def test_outcomes_that_come_too_late_need_no_log(backend, monkeypatch):
    old, new = sent(backend), event()
    outcomes = [delivered(one) for one in old]
    Round(backend).run([], outcomes)
    monkeypatch.setattr(backend.store._logs, "write", None)
    results, settled = Round(backend).run(accepting(new), outcomes)
    assert results == [None]
    assert settled.applied == []
    assert unsettled(backend) == {new.id}


def test_a_log_that_cannot_commit_fails_no_caller(backend, monkeypatch):
    old, new = sent(backend), event()

    def full(*_):
        raise sqlite_error(sqlite3.SQLITE_FULL)

    with monkeypatch.context() as broken:
        broken.setattr(backend.store._logs, "_write", full)
        results, settled = Round(backend).run(accepting(new), [delivered(one) for one in old])
    assert results == [None]
    assert isinstance(settled, UnavailableError)
    assert unsettled(backend) == {new.id, *(one.event_id for one in old)}
    _, settled = Round(backend).run(accepting(event()), [delivered(one) for one in old])
    assert isinstance(settled, Settled)
    assert len(settled.applied) == len(old)


def test_a_work_that_fails_the_commit_fails_alone(backend):
    old, known, new = sent(backend), event(), event()
    accept(backend.store, known, delivery(known))
    results, settled = Round(backend).run(accepting(new, known), [delivered(one) for one in old])
    assert results[0] is None
    assert isinstance(results[1], AlreadyExistsError)
    assert len(settled.applied) == len(old)
    assert unsettled(backend) == {new.id, known.id}
    assert sorted(backend.logged_events()) == sorted(one.event_id for one in old)


def test_an_outcome_that_fails_the_commit_fails_alone(backend, monkeypatch):
    """It is found by halves by whoever settles; the callers beside it are answered at once."""
    old, new = sent(backend), event()
    write = backend.store._logs._write

    def picky(day, rows):
        if any(row[0] == old[3].id for row in rows.attempts):
            raise sqlite3.IntegrityError("it cannot be stored")
        write(day, rows)

    monkeypatch.setattr(backend.store._logs, "_write", picky)
    results, settled = Round(backend).run(accepting(new), [delivered(one) for one in old])
    assert results == [None]
    assert isinstance(settled, sqlite3.IntegrityError)
    assert unsettled(backend) == {new.id, *(one.event_id for one in old)}


def test_a_locked_database_fails_both_at_once(backend, monkeypatch):
    """Each try may wait for the lock for seconds."""
    old, tries = sent(backend), []

    def locked(_):
        tries.append(1)
        raise sqlite_error(sqlite3.SQLITE_BUSY)

    a_round = Round(backend)

    def lock():
        for at in (writer, settle):
            monkeypatch.setattr(at, "transaction", locked)

    a_round.last = lock
    results, settled = a_round.run(accepting(event(), event()), [delivered(one) for one in old])
    monkeypatch.undo()
    assert [type(one) for one in (*results, settled)] == [UnavailableError] * 3
    assert len(tries) == 1
    assert unsettled(backend) == {one.event_id for one in old}


def test_retries_and_ends_of_lanes_share_the_commit(backend):
    """What follows in a lane goes out after the commit that settles its head, and a new follower sees that."""
    heads, others = event(stream="lane", event_type=1), sent(backend, TOGETHER)
    (head,) = accept(backend.store, heads, delivery(heads, lane=True))
    follower = event(stream="lane", event_type=0)
    a_round = Round(backend)
    told: list[Delivery] = []
    backend.store.on_accepted(told.extend)
    work = [lambda tx: tx.accept(follower, [delivery(follower, lane=True)])]
    a_round.run(work, [delivered(head), *(failed(one) for one in others)])
    assert [(one.event_id, one.state) for one in told] == [(follower.id, "pending")]
    assert unsettled(backend) >= {follower.id}
    assert backend.live_events().keys() == {follower.id, *(one.event_id for one in others)}
