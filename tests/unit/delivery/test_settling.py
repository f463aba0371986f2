"""Outcomes on their way into the database, one commit at a time."""

import json
from collections.abc import Iterator

import pytest

from airhook.core.deliveries import Delivery, DeliveryState, Outcome
from airhook.core.errors import UnavailableError
from airhook.core.ports import Settled
from airhook.delivery import attempt
from airhook.delivery.mailbox import Mailbox
from airhook.delivery.settling import BATCH_MAX, Settler


class HeldStore:
    """Keeps each commit open until ``finish``."""

    def __init__(self):
        self.commits = []

    def settle(self, outcomes, done):
        self.commits.append(list(outcomes))
        self._done = done

    def finish(self, result=None):
        self._done(result or Settled(applied=self.commits[-1], promoted=[]))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    yield made
    made.close()


def delivery(number: int) -> Delivery:
    return Delivery(
        id=number, event_id=f"e{number}", account_id=1, event_type=1, domain="d", app="a", stream="s",
        template_id=1, url="http://a/", body=json.dumps({}).encode(), lane=None, shard=0,
        state=DeliveryState.PENDING, created_ms=0, due_ms=0, hold_until_ms=0, expires_ms=10**15,
    )  # fmt: skip


def ended(number: int) -> Outcome:
    return attempt.expire(delivery(number))


def made(store, mailbox, settled=lambda _batch, _settled: None, monotonic=lambda: 100.0) -> Settler:
    return Settler(store, mailbox, monotonic, settled)


def ids(outcomes):
    return [one.delivery.id for one in outcomes]


def test_a_commit_takes_no_more_than_a_batch(mailbox):
    store = HeldStore()
    settler = made(store, mailbox)
    for number in range(BATCH_MAX * 2):
        settler.add(ended(number))
    settler.flush()
    assert ids(store.commits[0]) == [*range(BATCH_MAX)]
    assert len(settler) == BATCH_MAX * 2


def test_one_commit_at_a_time_and_all_are_heard_of(mailbox):
    store, heard = HeldStore(), []
    settler = made(store, mailbox, settled=lambda batch, _: heard.extend(ids(batch)))
    settler.add(ended(1))
    settler.flush()
    settler.add(ended(2))
    settler.flush()
    assert len(store.commits) == 1
    store.finish()
    for call in mailbox.take():
        call()
    settler.flush()
    store.finish()
    for call in mailbox.take():
        call()
    assert heard == [1, 2]
    assert len(settler) == 0


def test_a_failed_commit_is_tried_again_after_a_pause(mailbox):
    store, now = HeldStore(), [100.0]
    settler = made(store, mailbox, monotonic=lambda: now[0])
    settler.add(ended(2))
    settler.add(ended(1))
    settler.flush()
    store.finish(UnavailableError("the disk is full"))
    for call in mailbox.take():
        call()
    settler.flush()
    assert len(store.commits) == 1
    assert settler.retry_at is not None
    now[0] = settler.retry_at
    settler.flush()
    assert ids(store.commits[1]) == [2, 1]


class PickyStore:
    """Commits everything but what is bad."""

    def __init__(self, bad=()):
        self.bad = set(bad)
        self.tried = []

    def settle(self, outcomes, done):
        self.tried.append(ids(outcomes))
        if self.bad.intersection(self.tried[-1]):
            done(ValueError("it cannot be stored"))
        else:
            done(Settled(applied=list(outcomes), promoted=[]))


class Switched:
    """Another store at another time."""

    def __init__(self, store):
        self.store = store

    def settle(self, outcomes, done):
        self.store.settle(outcomes, done)


class Turns:
    """An engine's turns on a clock of the test's own."""

    def __init__(self, store, mailbox):
        self.now, self._mailbox = 100.0, mailbox
        self.through: list[int] = []
        self.settler = made(
            store, mailbox, lambda batch, _: self.through.extend(ids(batch)), lambda: self.now
        )

    def at_once(self):
        """As many as can be made without waiting."""
        for _ in range(1000):
            self.settler.flush()
            for call in self._mailbox.take():
                call()
            if (at := self.settler.retry_at) is None or at > self.now:
                return
        raise AssertionError("the settler never rests")

    def wait(self, seconds):
        """Wake up when the settler wants to, for so long."""
        until = self.now + seconds
        while (at := self.settler.retry_at) is not None and at <= until:
            self.now = max(at, self.now)
            self.at_once()
        self.now = until


def test_one_that_cannot_be_committed_holds_up_nobody(mailbox):
    """Its neighbours are found and committed in halves, without a pause: the database is well."""
    turns = Turns(PickyStore({70}), mailbox)
    for number in range(200):
        turns.settler.add(ended(number))
    turns.at_once()
    assert sorted(turns.through) == [number for number in range(200) if number != 70]
    assert len(turns.settler) == 1


def test_tries_of_a_bad_one_are_spaced_and_then_it_is_set_aside(mailbox, caplog):
    """Only a fault of ours makes such a one; without this it would be tried for ever."""
    store = PickyStore({70})
    turns = Turns(store, mailbox)
    tried_at = []
    for number in (70, 71):
        turns.settler.add(ended(number))
    turns.at_once()
    began = turns.now
    while len(turns.settler):
        turns.now = turns.settler.retry_at or 0
        tried_at.append(turns.now - began)
        turns.at_once()
    assert tried_at == [1.0, 3.0, 7.0, 15.0]
    assert store.tried.count([70]) == 5
    assert turns.settler.retry_at is None
    assert (
        "The outcome of delivery 70 cannot be committed, though others can, and is set aside" in caplog.text
    )


def test_an_error_of_ten_seconds_costs_no_outcome_whatever_it_is(mailbox, caplog):
    store = PickyStore(range(100))
    turns = Turns(store, mailbox)
    for number in range(100):
        turns.settler.add(ended(number))
    turns.at_once()
    turns.wait(10)
    assert (turns.through, len(turns.settler)) == ([], 100)
    assert turns.settler.error == "it cannot be stored"
    store.bad.clear()
    turns.wait(10)
    assert sorted(turns.through) == list(range(100))
    assert "set aside" not in caplog.text
    assert turns.settler.error == ""


def test_nothing_is_set_aside_while_nothing_can_be_committed(mailbox, caplog):
    """An hour of an error that nobody knew of: the database is ill, not the outcomes."""
    store = PickyStore({1, 2})
    turns = Turns(store, mailbox)
    turns.settler.add(ended(1))
    turns.settler.add(ended(2))
    turns.at_once()
    turns.wait(3600)
    assert len(turns.settler) == 2
    assert len(store.tried) < 150, "it is tried once a minute at last"
    store.bad.clear()
    turns.wait(120)
    assert sorted(turns.through) == [1, 2]
    assert "set aside" not in caplog.text


def test_suspects_and_others_take_turns(mailbox):
    store = PickyStore(range(100))
    turns = Turns(store, mailbox)
    for number in range(100):
        turns.settler.add(ended(number))
    turns.at_once()
    store.bad.clear()
    turns.now += 1
    for number in range(1000, 1000 + BATCH_MAX * 2):
        turns.settler.add(ended(number))
    turns.at_once()
    assert set(turns.through) == {*range(100), *range(1000, 1000 + BATCH_MAX * 2)}
    assert turns.through.index(1000 + BATCH_MAX * 2 - 1) < BATCH_MAX * 2 + 50


def test_a_database_that_is_down_is_no_try_of_a_suspect(mailbox):
    store, down = PickyStore({1}), HeldStore()
    turns = Turns(used := Switched(store), mailbox)
    turns.settler.add(ended(1))
    turns.settler.add(ended(2))
    turns.at_once()
    used.store = down
    for _ in range(20):
        turns.now = turns.settler.retry_at or turns.now
        turns.settler.flush()
        down.finish(UnavailableError("the disk is full"))
        turns.at_once()
    assert len(down.commits) == 20
    used.store = PickyStore()
    turns.wait(60)
    assert turns.through == [2, 1]


def test_a_database_that_is_down_costs_no_outcome(mailbox):
    store, now, through = HeldStore(), [100.0], []
    settler = made(store, mailbox, lambda batch, _: through.extend(ids(batch)), lambda: now[0])
    settler.add(ended(1))
    for _ in range(10):
        settler.flush()
        store.finish(UnavailableError("the disk is full"))
        for call in mailbox.take():
            call()
        now[0] += 10
    settler.flush()
    store.finish()
    for call in mailbox.take():
        call()
    assert through == [1]
