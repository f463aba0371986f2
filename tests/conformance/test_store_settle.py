"""Settling: outcomes change states by compare-and-set, ended ones move to the log, lanes go on."""

import asyncio

import pytest
from msgspec.structs import replace

from airhook.core.deliveries import DeliveryState, ExhaustReason, Outcome
from airhook.core.errors import UnavailableError
from support.storage import (
    NOON_MS,
    accept,
    accept_one,
    all_due,
    attempt,
    await_answer,
    delivered,
    delivery,
    event,
    failed,
    next_due,
    promote_held,
    settle,
    transact,
)

PENDING, HELD, WAITING = DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.WAITING
HOUR_MS = 3_600_000


def record(store, delivery_id):
    return asyncio.run(store.read(lambda view: view.delivery(None, delivery_id)))


def attempts(store, delivery_id):
    return asyncio.run(store.read(lambda view: view.attempts(delivery_id)))


def expired(of):
    return Outcome(delivery=of, attempt=None, state=DeliveryState.EXHAUSTED, reason=ExhaustReason.EXPIRED)


def exhausted(of):
    return Outcome(
        delivery=of,
        attempt=attempt(of, status=500),
        state=DeliveryState.EXHAUSTED,
        reason=ExhaustReason.ATTEMPTS,
    )


def cancelled(of):
    return Outcome(delivery=of, attempt=None, state=DeliveryState.CANCELLED)


ENDS = [
    pytest.param(delivered, "delivered", None, 1, id="delivered"),
    pytest.param(exhausted, "exhausted", "attempts", 1, id="exhausted by attempts"),
    pytest.param(expired, "exhausted", "expired", 0, id="expired without an attempt"),
    pytest.param(cancelled, "cancelled", None, 0, id="cancelled"),
]


@pytest.mark.parametrize(("end", "state", "reason", "made"), ENDS)
def test_what_has_ended_is_in_the_log_and_nowhere_else(store, backend, end, state, reason, made):
    sent = accept_one(store)
    backend.clock.now += 500
    outcome = end(sent)
    settled = settle(store, outcome)
    assert (settled.applied, settled.promoted) == ([outcome], [])
    assert all_due(store, NOON_MS + HOUR_MS, 10) == []
    assert backend.live_events() == {}
    assert backend.logged_events() == [sent.event_id]
    shown = record(store, sent.id)
    assert shown.delivery == replace(sent, state=DeliveryState(state), attempts=made)
    assert (shown.reason, shown.settled_ms, shown.last_attempt) == (reason, NOON_MS + 500, outcome.attempt)


def test_an_attempt_is_logged_with_every_field(store, backend):
    sent = accept_one(store)
    outcome = failed(sent)
    settle(store, outcome)
    backend.reopen()
    assert attempts(backend.store, sent.id) == [outcome.attempt]


def test_what_a_receiver_says_is_made_storable(store):
    sent = accept_one(store)
    strange = attempt(
        sent, error_detail="said \0 and \ud800", answer_headers=[("x-\ud800", "a\0b")], answer_body=b"\0\xff"
    )
    settle(store, Outcome(delivery=sent, attempt=strange, state=DeliveryState.DELIVERED))
    (kept,) = attempts(store, sent.id)
    assert kept.answer_body == b"\0\xff"
    assert "\0" not in kept.error_detail
    assert kept.error_detail.startswith("said \ufffd and \ufffd")
    assert kept.answer_headers[0][1] == "a\ufffdb"


def test_a_failed_one_waits_and_is_found_when_due(store):
    sent = accept_one(store)
    settle(store, failed(sent, due_ms=NOON_MS + 60_000))
    assert all_due(store, NOON_MS + 59_999, 10) == []
    assert next_due(store, NOON_MS) == NOON_MS + 60_000
    (again,) = all_due(store, NOON_MS + 60_000, 10)
    assert again == replace(sent, state=WAITING, attempts=1, due_ms=NOON_MS + 60_000)
    settle(store, delivered(again))
    assert [one.n for one in attempts(store, sent.id)] == [1, 2]
    assert next_due(store, NOON_MS) is None


def test_a_failed_one_may_go_on_with_another_body(store):
    first, second = accept_one(store), accept_one(store)
    settle(store, replace(failed(first), body=b'{"t":1}'), failed(second))
    settle(store, replace(failed(first), body=b'{"t":2}'))  # loses the race: it was counted already
    bodies = {one.id: one.body for one in all_due(store, NOON_MS + HOUR_MS, 10)}
    assert bodies == {first.id: b'{"t":1}', second.id: second.body}


def test_a_deferred_one_keeps_its_attempts(store):
    sent = accept_one(store)
    settle(store, Outcome(delivery=sent, attempt=None, state=WAITING, due_ms=NOON_MS + 9))
    assert all_due(store, NOON_MS + 9, 10) == [replace(sent, state=WAITING, due_ms=NOON_MS + 9)]


RACES = [
    pytest.param(failed, delivered, id="ended after it was counted"),
    pytest.param(failed, failed, id="counted twice"),
    pytest.param(delivered, failed, id="failed after it ended"),
    pytest.param(delivered, delivered, id="ended twice"),
]


@pytest.mark.parametrize("together", [True, False], ids=["in one call", "one after another"])
@pytest.mark.parametrize(("first", "second"), RACES)
def test_a_lost_race_is_left_out_and_not_logged(store, first, second, together):
    sent = accept_one(store)
    winner, loser = first(sent), second(sent)
    loser = replace(loser, attempt=replace(loser.attempt, status=418))
    if together:
        assert settle(store, winner, loser).applied == [winner]
    else:
        assert settle(store, winner).applied == [winner]
        assert settle(store, loser).applied == []
    assert attempts(store, sent.id) == [winner.attempt]


def test_an_event_ends_with_its_last_delivery(store, backend):
    of = event()
    sent = accept(store, of, *(delivery(of) for _ in range(3)))
    settle(store, delivered(sent[0]))
    assert (backend.live_events(), backend.logged_events()) == ({of.id: 2}, [])
    settle(store, delivered(sent[1]), delivered(sent[2]))
    assert (backend.live_events(), backend.logged_events()) == ({}, [of.id])


def test_events_of_two_accounts_with_one_id_are_kept_apart(store, backend):
    mine, other = event("same"), event("same", account_id=2)
    (first,), (second,) = (accept(store, of, delivery(of)) for of in (mine, other))
    settle(store, delivered(first))
    assert backend.live_events() == {"same": 1}
    settle(store, delivered(second))
    assert backend.live_events() == {}


class TestLanes:
    def test_the_next_one_is_promoted_in_the_commit_that_ends_the_head(self, store, backend):
        head, second, third = (accept_one(store, lane=True) for _ in range(3))
        backend.clock.now += 70
        assert settle(store, failed(head)).promoted == []
        head = replace(head, state=WAITING, attempts=1)
        (next_,) = settle(store, delivered(head)).promoted
        assert next_ == replace(second, state=PENDING, due_ms=NOON_MS + 70)
        assert all_due(store, NOON_MS + HOUR_MS, 10) == [next_]
        assert settle(store, expired(next_)).promoted[0].id == third.id

    def test_many_lanes_go_on_at_once(self, store):
        heads = [accept_one(store, lane=True, stream=f"room{n}") for n in range(30)]
        followers = [accept_one(store, lane=True, stream=f"room{n}") for n in range(30)]
        promoted = settle(store, *map(delivered, heads)).promoted
        assert {one.id for one in promoted} == {one.id for one in followers}

    def test_a_new_one_after_the_lane_is_empty_goes_at_once(self, store):
        settle(store, delivered(accept_one(store, lane=True)))
        assert accept_one(store, lane=True).state is PENDING

    def test_held_ones_go_when_they_were_held_long_enough(self, store, backend):
        accept_one(store, lane=True)
        held = accept_one(store, lane=True, hold_until_ms=NOON_MS + 1000)
        later = accept_one(store, lane=True, hold_until_ms=NOON_MS + 2000)
        assert next_due(store, NOON_MS) == NOON_MS + 1000
        assert promote_held(store, NOON_MS + 999) == []
        backend.clock.now += 1000
        assert promote_held(store, NOON_MS + 1000) == [replace(held, state=PENDING, due_ms=NOON_MS + 1000)]
        assert promote_held(store, NOON_MS + 1000) == []
        assert next_due(store, NOON_MS + 1000) == later.hold_until_ms

    def test_a_great_many_held_ones_are_freed_by_one_call(self, store):
        for n in range(8):
            accept_one(store, lane=True, stream=f"room{n}")
            of = event(stream=f"room{n}")
            accept(store, of, *(delivery(of, lane=True, hold_until_ms=NOON_MS) for _ in range(100)))
        freed = promote_held(store, NOON_MS)
        assert len({one.id for one in freed}) == 800
        assert len(all_due(store, NOON_MS, 1000)) == 808

    def test_a_freed_follower_does_not_pull_the_next_one_past_the_head(self, store):
        head = accept_one(store, lane=True)
        freed = accept_one(store, lane=True, hold_until_ms=NOON_MS)
        last = accept_one(store, lane=True)
        (freed,) = promote_held(store, NOON_MS)
        assert settle(store, delivered(freed)).promoted == []
        assert [one.id for one in settle(store, delivered(head)).promoted] == [last.id]

    def test_a_held_one_may_be_cancelled(self, store):
        accept_one(store, lane=True)
        held = accept_one(store, lane=True)
        assert settle(store, cancelled(held)).promoted == []
        assert record(store, held.id).delivery.state is DeliveryState.CANCELLED


def test_more_outcomes_than_one_commit_takes_are_answered_once(store):
    of = event()
    sent = accept(store, of, *(delivery(of) for _ in range(700)))
    outcomes = [delivered(one) for one in sent]
    assert settle(store, *outcomes).applied == outcomes
    assert all_due(store, NOON_MS, 10) == []


def test_settling_nothing_is_answered(store):
    assert settle(store).applied == []


def test_a_bad_outcome_fails_alone(store):
    """Two calls in one commit: the one that cannot be written does not take the other with it."""
    bad, good = accept_one(store), accept_one(store)
    answers: list[object] = []
    poison = Outcome(delivery=bad, attempt=attempt(bad, status=2**70), state=DeliveryState.DELIVERED)

    def both(done):
        store.settle([poison], answers.append)
        store.settle([delivered(good)], done)

    assert len(await_answer(both).applied) == 1
    assert isinstance(answers[0], Exception)
    assert [one.id for one in all_due(store, NOON_MS, 10)] == [bad.id]


def test_after_closing_every_call_is_answered(store, backend):
    sent = accept_one(store)
    backend.close()
    with pytest.raises(UnavailableError):
        settle(store, delivered(sent))
    with pytest.raises(UnavailableError):
        promote_held(store, NOON_MS)
    with pytest.raises(UnavailableError):
        transact(store, lambda tx: tx.accounts())
