"""Accepting: an event and its deliveries in one commit, told to the listener, ordered by lanes."""

import time

import pytest
from msgspec.structs import replace

from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.errors import AlreadyExistsError, InvalidError
from support.storage import NOON_MS, accept, accept_one, all_due, delivery, event, transact

PENDING, HELD = DeliveryState.PENDING, DeliveryState.HELD


def test_accepted_deliveries_survive_with_every_field(store, backend):
    of = event()
    stored = accept(store, of, delivery(of, lane=True), delivery(of, url="https://b.example.com/"))
    assert [one.state for one in stored] == [PENDING, PENDING]
    assert backend.live_events() == {of.id: 2}
    backend.reopen()
    assert all_due(backend.store, NOON_MS, 10) == stored


def test_the_listener_hears_of_each_commit_in_order(store):
    heard: list[Delivery] = []
    store.on_accepted(heard.extend)
    of = [event() for _ in range(20)]
    sent = [delivery(one) for one in of]

    def work(tx):
        for one, its in zip(of, sent, strict=True):
            tx.accept(one, [its])

    transact(store, work)
    assert heard == sent


def test_a_listener_that_fails_is_not_the_caller_s_fault(store):
    def fail(_):
        raise RuntimeError("listener")

    store.on_accepted(fail)
    assert accept_one(store).state is PENDING


def test_followers_of_a_lane_are_held(store):
    first = accept_one(store, lane=True)
    second = accept_one(store, lane=True)
    elsewhere = accept_one(store, lane=True, stream="room2")
    unordered = accept_one(store)
    assert [one.state for one in (first, second, elsewhere, unordered)] == [PENDING, HELD, PENDING, PENDING]
    assert all_due(store, NOON_MS, 10) == [first, elsewhere, unordered]


def test_a_lane_holds_within_one_commit_too(store):
    start, stop = event("start"), event("stop")
    heard: list[Delivery] = []
    store.on_accepted(heard.extend)

    def work(tx):
        tx.accept(start, [delivery(start, lane=True)])
        tx.accept(stop, [delivery(stop, lane=True)])

    transact(store, work)
    assert [one.state for one in heard] == [PENDING, HELD]


def test_lanes_are_of_the_exact_stream(store):
    for stream in ("a_b", "a.b", "A_B", "a_"):
        assert accept_one(store, lane=True, stream=stream).state is PENDING


def test_a_repeated_event_is_refused_and_changes_nothing(store, backend):
    of = event("same")
    accept(store, of, delivery(of))
    with pytest.raises(AlreadyExistsError, match="same"):
        accept(store, of, delivery(of), delivery(of))
    assert len(all_due(store, NOON_MS, 10)) == 1
    other = replace(of, account_id=2)
    accept(store, other, delivery(other))
    assert len(all_due(store, NOON_MS, 10)) == 2


def test_a_repeat_within_one_transaction_is_refused(store, backend):
    of = event("same")

    def work(tx):
        tx.accept(of, [])
        tx.accept(of, [])

    with pytest.raises(AlreadyExistsError):
        transact(store, work)
    assert backend.live_events() == {}


def test_an_event_without_deliveries_goes_to_the_log(store, backend):
    of = event("nobody-listens")
    accept(store, of)
    deadline = time.monotonic() + 20
    while backend.logged_events() != ["nobody-listens"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert backend.live_events() == {}


BAD = [
    pytest.param({"url": "https://a/\0"}, "url", id="NUL"),
    pytest.param({"stream": "\ud800"}, "stream", id="no UTF-8"),
    pytest.param({"due_ms": 2**63}, "due_ms", id="more than 64 bits"),
]


@pytest.mark.parametrize(("bad", "field"), BAD)
def test_a_bad_delivery_is_named_and_its_event_is_not_kept(store, backend, bad, field):
    of = event()
    with pytest.raises(InvalidError) as error:
        accept(store, of, delivery(of), delivery(of, **bad))
    assert error.value.field == field
    assert backend.live_events() == {}
    assert all_due(store, NOON_MS, 10) == []


def test_bad_facts_are_named(store):
    of = event()
    bad = replace(of, facts=replace(of.facts, stream_param="\ud800"))
    with pytest.raises(InvalidError, match="facts"):
        accept(store, bad)


def test_due_gives_pending_and_waiting_ones_earliest_first(store):
    late, early, future = (accept_one(store, due_ms=NOON_MS + due) for due in (20, 10, 1000))
    assert all_due(store, NOON_MS + 20, 10) == [early, late]
    assert all_due(store, NOON_MS + 20, 1) == [early]
    assert all_due(store, NOON_MS + 1000, 10) == [early, late, future]


def test_due_gives_more_than_one_read_takes(store):
    of = event()
    many = [delivery(of, due_ms=NOON_MS - n // 3) for n in range(1700)]
    accept(store, of, *many)
    in_order = sorted((one.due_ms, one.id) for one in many)
    assert [(one.due_ms, one.id) for one in all_due(store, NOON_MS, 5000)] == in_order
    assert [(one.due_ms, one.id) for one in all_due(store, NOON_MS, 1200)] == in_order[:1200]


def test_a_clock_that_went_back_does_not_hide_pending_ones(store, backend):
    """Accepted while the clock was ahead: their time is known, and they are found when it comes."""
    early = accept_one(store, due_ms=NOON_MS + 3_600_000)
    [line] = store.lines(NOON_MS, None, 10)
    assert line.pending_ms == NOON_MS + 3_600_000
    assert all_due(store, NOON_MS) == []
    assert [one.id for one in all_due(store, NOON_MS + 3_600_000)] == [early.id]
