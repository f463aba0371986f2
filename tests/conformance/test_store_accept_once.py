"""Accepting under the caller's id: once, however often it is sent, whatever has become of it meanwhile."""

import asyncio
import time

import pytest

from airhook.core.deliveries import Delivery
from airhook.core.events import REPEATS_KNOWN_MS
from airhook.core.ports import Receipt
from support.storage import NOON_MS, WAIT_S, accept, delivered, delivery, event, settle, transact

A, B = b"a" * 16, b"b" * 16


def send(store, event_id="mine", digest=A, **changes) -> Receipt:
    of = event(event_id, **changes)
    receipt: Receipt = transact(store, lambda tx: tx.accept_once(of, [delivery(of)], digest))
    return receipt


def answers(*receipts):
    return [(one.repeat, one.conflict) for one in receipts]


NEW, REPEAT, CONFLICT = (False, False), (True, False), (True, True)


def test_only_the_first_one_is_written_and_told(store, backend):
    heard: list[Delivery] = []
    store.on_accepted(heard.extend)
    first = send(store)
    second = send(store, accepted_ms=NOON_MS + 5)
    other = send(store, digest=B)
    assert answers(first, second, other) == [NEW, REPEAT, CONFLICT]
    assert (second.accepted_ms, second.deliveries) == (NOON_MS, 1)
    assert [one.event_id for one in heard] == ["mine"]
    assert backend.live_events() == {"mine": 1}


def test_repeats_within_one_commit_are_seen(store, backend):
    def work(tx):
        found = []
        for digest, count in ((A, 2), (A, 1), (B, 1)):
            of = event("mine")
            found.append(tx.accept_once(of, [delivery(of) for _ in range(count)], digest))
        return found

    receipts = transact(store, work)
    assert answers(*receipts) == [NEW, REPEAT, CONFLICT]
    assert [one.deliveries for one in receipts] == [2, 2, 2]
    assert backend.live_events() == {"mine": 2}


def test_many_callers_at_once_get_one_acceptance(store, backend):
    def work(tx):
        of = event("mine")
        return tx.accept_once(of, [delivery(of)], A)

    async def all_at_once():
        return await asyncio.gather(*(store.transact(work) for _ in range(50)))

    receipts = asyncio.run(all_at_once())
    assert sorted(answers(*receipts)) == [NEW] + [REPEAT] * 49
    assert backend.live_events() == {"mine": 1}


def test_ids_belong_to_their_account(store):
    assert answers(send(store), send(store, account_id=2, digest=B)) == [NEW, NEW]


def test_a_repeat_is_known_after_the_event_was_settled_and_after_a_restart(store, backend):
    of = event("mine")
    sent = delivery(of)
    transact(store, lambda tx: tx.accept_once(of, [sent], A))
    settle(store, delivered(sent))
    assert backend.logged_events() == ["mine"]
    assert answers(send(store), send(store, digest=B)) == [REPEAT, CONFLICT]
    backend.reopen()
    assert answers(send(backend.store), send(backend.store, digest=B)) == [REPEAT, CONFLICT]
    assert backend.live_events() == {}


def test_what_a_failed_work_asked_is_forgotten(store):
    def work(tx):
        tx.accept_once(event("mine"), [], A)
        raise RuntimeError("changed its mind")

    with pytest.raises(RuntimeError, match="mind"):
        transact(store, work)
    assert answers(send(store, digest=B)) == [NEW]


def test_a_neighbour_that_cannot_be_written_costs_nobody_else(store, backend):
    accept(store, event("taken"))

    def asks(event_id):
        return lambda tx: tx.accept_once(event(event_id), [], A)

    async def all_at_once():
        works = [asks("one"), lambda tx: tx.accept(event("taken"), []), asks("two")]
        return await asyncio.gather(*map(store.transact, works), return_exceptions=True)

    one, bad, two = asyncio.run(all_at_once())
    assert answers(one, two) == [NEW, NEW]
    assert "taken exists already" in str(bad)


def test_ids_are_forgotten_in_the_end(store, backend):
    of = event("mine")
    sent = delivery(of)
    transact(store, lambda tx: tx.accept_once(of, [sent], A))
    settle(store, delivered(sent))
    backend.clock.now = NOON_MS + REPEATS_KNOWN_MS
    tidied(backend)
    assert answers(send(store)) == [REPEAT]
    backend.clock.now += 1
    tidied(backend)
    assert answers(send(store)) == [NEW]


def tidied(backend):
    """Wait until the writer has tidied at the present time: an event without deliveries is logged then."""
    probe = event()
    accept(backend.store, probe)
    deadline = time.monotonic() + WAIT_S
    while probe.id in backend.live_events():
        assert time.monotonic() < deadline
        time.sleep(0.05)
