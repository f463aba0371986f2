"""Outcomes on their way into the database: attempts before deferrals, one commit at a time."""

import json
from collections.abc import Iterator

import pytest

from airhook.core.deliveries import Delivery, DeliveryState, Outcome
from airhook.core.errors import UnavailableError
from airhook.core.ports import Settled
from airhook.delivery import attempt
from airhook.delivery.mailbox import Mailbox
from airhook.delivery.settling import BATCH_MAX, DEFERRED_MIN, Settler


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


def deferred(number: int) -> Outcome:
    return attempt.defer(delivery(number), 60_000)


def made(store, mailbox, settled=lambda _batch, _settled: None, monotonic=lambda: 100.0) -> Settler:
    return Settler(store, mailbox, monotonic, settled)


def ids(outcomes):
    return [one.delivery.id for one in outcomes]


def test_attempts_go_before_what_is_put_off(mailbox):
    store = HeldStore()
    settler = made(store, mailbox)
    for number in range(3):
        settler.add(deferred(number))
    settler.add(ended(10))
    settler.flush()
    assert ids(store.commits[0]) == [10, 0, 1, 2]


def test_what_is_put_off_does_not_count_as_unsettled(mailbox):
    """Otherwise a long queue of a dead destination would keep healthy ones from starting."""
    settler = made(HeldStore(), mailbox)
    for number in range(5000):
        settler.add(deferred(number))
    settler.add(ended(9999))
    assert len(settler) == 1


def test_what_is_put_off_is_committed_beside_many_attempts(mailbox):
    store = HeldStore()
    settler = made(store, mailbox)
    for number in range(BATCH_MAX * 2):
        settler.add(ended(number))
    for number in range(1000, 1000 + DEFERRED_MIN * 2):
        settler.add(deferred(number))
    settler.flush()
    assert ids(store.commits[0]) == [*range(BATCH_MAX), *range(1000, 1000 + DEFERRED_MIN)]


def test_one_commit_at_a_time_and_all_are_heard_of(mailbox):
    store, heard = HeldStore(), []
    settler = made(store, mailbox, settled=lambda batch, _: heard.extend(ids(batch)))
    settler.add(deferred(1))
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
    settler.add(deferred(1))
    settler.add(ended(2))
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

    def __init__(self, bad):
        self.bad = bad
        self.tried = []

    def settle(self, outcomes, done):
        self.tried.append(ids(outcomes))
        if self.bad in self.tried[-1]:
            done(ValueError("it cannot be stored"))
        else:
            done(Settled(applied=list(outcomes), promoted=[]))


def test_one_that_cannot_be_committed_is_set_aside_and_holds_up_nobody(mailbox, caplog):
    """Only a fault of ours makes such a one; without this it would be tried for ever, with all that came with it."""
    store, now, through = PickyStore(bad=70), [100.0], []
    settler = made(store, mailbox, lambda batch, _: through.extend(ids(batch)), lambda: now[0])
    for number in range(200):
        settler.add(ended(number))
    for _ in range(100):
        settler.flush()
        for call in mailbox.take():
            call()
        now[0] += 10
    assert sorted(through) == [number for number in range(200) if number != 70]
    assert store.tried.count([70]) == 3
    assert len(settler) == 0
    assert settler.error == ""
    assert "The outcome of delivery 70 cannot be committed and is set aside" in caplog.text


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
