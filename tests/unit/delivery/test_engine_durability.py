"""The engine over restarts, failed commits and stops: nothing is lost, and nothing is sent twice."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from airhook.core.deliveries import Delivery, DeliveryState, ErrorClass, Outcome
from airhook.core.due import Line, Want
from airhook.delivery import attempt
from airhook.delivery.budgets import Destination
from airhook.delivery.window import Window
from support.delivery_bench import MINUTE_S, Bench, eventually, last
from support.receiver import Receiver


def test_what_waited_goes_on_after_a_restart(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(500, times=1)
    bench.start()
    [one] = bench.accept(receiver.url())
    bench.store.wait_attempts(one, 1)
    bench.stop()
    bench.clock.advance(MINUTE_S + 1)
    bench.start()

    [outcome] = bench.store.wait_settled(one)

    assert (outcome.state, last(outcome).n) == (DeliveryState.DELIVERED, 2)


def test_what_was_accepted_while_the_engine_was_away_is_found_at_its_start(
    bench: Bench, receiver: Receiver
) -> None:
    ids = bench.accept(receiver.url(), 5)
    bench.start()

    bench.store.wait_settled(*ids)

    assert len(receiver.requests) == 5


def test_a_failed_commit_is_tried_again_and_nothing_is_sent_twice(bench: Bench, receiver: Receiver) -> None:
    bench.store.fail_settles = 3
    bench.start()
    ids = bench.accept(receiver.url(), 20)

    bench.store.wait_settled(*ids)

    assert bench.store.fail_settles == 0
    assert sorted(body["n"] for body in receiver.json_bodies()) == ids


def test_a_delivery_that_ends_while_the_database_is_read_is_not_sent_again(
    bench: Bench, receiver: Receiver
) -> None:
    [stored] = bench.accept(receiver.url())
    bench.store.wait_until(lambda: stored in bench.store.rows)
    read, answers = bench.store.due, []

    def slow_due(now_ms: int, wants: Sequence[Want]) -> list[list[Delivery]]:
        [fresh] = bench.accept(receiver.url())
        bench.store.wait_until(lambda: fresh in bench.store.rows)
        [found] = read(max(now_ms, bench.clock.now_ms()), wants)  # the fresh one has become due since
        bench.store.due = read  # type: ignore[method-assign]
        bench.store.wait_settled(fresh)
        eventually(lambda: engine.stats().in_hand == 0)
        answers.append([one.id for one in found] == [stored, fresh])  # the answer holds what is over by now
        return [found]

    bench.store.due = slow_due  # type: ignore[method-assign]
    receiver.answer(delay_s=0.3)
    engine = bench.start()

    bench.store.wait_settled(stored)
    eventually(lambda: engine.stats().in_hand == 0)
    assert answers == [True]
    assert sorted(body["n"] for body in receiver.json_bodies()) == [stored, stored + 1]


@pytest.mark.parametrize(("memory_max", "count"), [(1, 10), (2, 10), (40, 500)])
def test_more_than_fits_into_memory_is_fetched_from_the_store(
    bench: Bench, receiver: Receiver, memory_max: int, count: int
) -> None:
    engine = bench.start(memory_max=memory_max)
    ids = bench.accept(receiver.url(), count)

    bench.store.wait_settled(*ids)

    assert sorted(body["n"] for body in receiver.json_bodies()) == ids
    eventually(lambda: engine.stats().in_hand == 0)


def test_no_more_attempts_are_sent_than_may_be_unsettled(bench: Bench, receiver: Receiver) -> None:
    bench.store.fail_settles = 1 << 30
    bench.start(unsettled_max=7)
    ids = bench.accept(receiver.url(), 50)
    receiver.wait_for(7)
    time.sleep(0.3)
    assert len(receiver.requests) == 7

    bench.store.fail_settles = 0
    bench.store.wait_settled(*ids)
    assert len(receiver.requests) == 50


def test_a_fault_of_ours_at_an_answer_costs_its_attempt_alone(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faults = iter([ZeroDivisionError("ours")])

    def conclude(*args: Any, **options: Any) -> Outcome:
        for fault in faults:
            raise fault
        return real(*args, **options)

    real = attempt.conclude
    monkeypatch.setattr(attempt, "conclude", conclude)
    bench.start()
    ids = bench.accept(receiver.url(), 3)
    eventually(lambda: len(bench.store.settled) == 2)
    [unlucky] = set(ids) - set(bench.store.settled)
    [told] = bench.store.wait_attempts(unlucky, 1)
    assert (told.error, told.error_detail) == (ErrorClass.INTERNAL, "ours")
    assert "could not be told" in caplog.text

    bench.later(MINUTE_S + 1)
    bench.store.wait_settled(unlucky)


def test_a_stop_lets_open_requests_end_and_starts_no_new_ones(bench: Bench, receiver: Receiver) -> None:
    may_answer = threading.Event()
    receiver.answer(held=may_answer)
    engine = bench.start()
    ids = bench.accept(receiver.url(), 6)
    receiver.wait_for(2)
    stop = threading.Thread(target=bench.stop, args=(30,))
    stop.start()
    eventually(lambda: engine._stopping)
    may_answer.set()
    stop.join()

    assert sorted(bench.store.settled) == ids[:2]
    assert len(receiver.requests) == 2


def test_a_stop_cuts_what_hangs_and_leaves_it_to_the_next_start(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(never=True, times=1)
    bench.start()
    [one] = bench.accept(receiver.url())
    receiver.wait_for(1)
    bench.stop(grace_s=0.2)
    assert bench.store.rows[one].attempts == 0

    bench.start()
    bench.store.wait_settled(one)


def test_a_jump_of_the_wall_clock_holds_nothing_up(bench: Bench, receiver: Receiver) -> None:
    bench.start()
    bench.clock.offset_ms -= 3600_000
    bench.store.wait_settled(*bench.accept(receiver.url()))
    bench.clock.offset_ms += 2 * 3600_000
    bench.store.wait_settled(*bench.accept(receiver.url()))


def test_a_fault_of_ours_while_fetched_ones_are_taken_does_not_end_fetching(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, faults = Window.add, [ZeroDivisionError("ours")]

    def add(self: Window, delivery: Delivery, now: float, *, fetched: bool = False) -> Destination | None:
        if fetched and faults:
            raise faults.pop()
        return real(self, delivery, now, fetched=fetched)

    monkeypatch.setattr(Window, "add", add)
    receiver.answer(500, times=1)
    bench.start()
    [one] = bench.accept(receiver.url())
    bench.store.wait_attempts(one, 1)
    bench.later(MINUTE_S + 1)
    bench.store.wait_settled(one)
    assert faults == []


def test_one_order_to_free_held_ones_waits_for_a_writer_that_stands_still(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[int] = []
    looks: list[int] = []
    read = bench.store.lines

    def lines(now_ms: int, after: int | None, limit: int) -> list[Line]:
        looks.append(now_ms)
        return read(now_ms, after, limit)

    monkeypatch.setattr(bench.store, "promote_held", lambda now_ms, _done: orders.append(now_ms))
    monkeypatch.setattr(bench.store, "lines", lines)
    bench.start()
    for seconds in range(5):
        bench.later(2 * seconds)
        eventually(lambda at_least=seconds: len(looks) > at_least)  # type: ignore[misc]
    assert len(orders) == 1
