"""What operators order for destinations, and what the engine tells and remembers of them, over real receivers."""

import logging
import threading
import time
from typing import Any

import pytest

from airhook.core.deliveries import DeliveryState, ErrorClass, ExhaustReason
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState, Order
from airhook.core.snapshot import ConfigRows
from airhook.delivery.health import FAILURES_TO_OPEN
from airhook.delivery.retry import Schedule, Schedules
from support.delivery_bench import DAY_MS, Bench, eventually
from support.receiver import Receiver

ONCE = Schedules(usual=Schedule(attempts=1, interval_s=60, timeout_s=5))


class Told:
    """Remembers what the engine reports."""

    def __init__(self) -> None:
        self.ended: list[tuple[int, ExhaustReason]] = []
        self.changes: list[tuple[str, str, ErrorClass | None]] = []

    def exhausted(self, delivery: Any, reason: ExhaustReason) -> None:
        self.ended.append((delivery.id, reason))

    def destination_changed(
        self, key: DestinationKey, state: HealthState, was: HealthState, error: ErrorClass | None
    ) -> None:
        self.changes.append((was.value, state.value, error))


def key_of(receiver: Receiver) -> DestinationKey:
    return DestinationKey(1, "http", "127.0.0.1", receiver.port)


def order(bench: Bench, key: DestinationKey, **orders: Any) -> None:
    """As an operator's command does: it arrives as a change of the configuration."""
    wanted = Order(**orders)
    row = DestinationRow(
        **key._asdict(),
        state=HealthState.HEALTHY,
        since_ms=0,
        paused=wanted.paused,
        rate_limit=wanted.rate_limit,
    )
    bench.holder.apply(ConfigRows(version=bench.holder.current.version + 1, destinations=[row]))


def saved(bench: Bench, key: DestinationKey) -> DestinationRow:
    return bench.store.standings[key]


# --- orders ---


def test_a_paused_destination_gets_nothing_and_loses_no_attempt(bench: Bench, receiver: Receiver) -> None:
    bench.start()
    order(bench, key_of(receiver), paused=True)
    ids = bench.accept(receiver.url(), 5)
    bench.store.wait_until(lambda: key_of(receiver) in bench.store.standings)
    assert saved(bench, key_of(receiver)).state is HealthState.PAUSED
    with Receiver() as other:
        bench.store.wait_settled(*bench.accept(other.url(), 5))  # the others go on
    assert receiver.requests == []

    order(bench, key_of(receiver))
    outcomes = bench.store.wait_settled(*ids)
    assert {outcome.attempt.n for outcome in outcomes if outcome.attempt} == {1}


def test_an_order_given_before_the_start_counts_from_the_start(bench: Bench, receiver: Receiver) -> None:
    order(bench, key_of(receiver), paused=True)
    [one] = bench.accept(receiver.url())
    bench.start()
    bench.store.wait_until(lambda: key_of(receiver) in bench.store.standings)
    assert (receiver.requests, one in bench.store.rows) == ([], True)


def test_a_pause_lets_open_requests_end(bench: Bench, receiver: Receiver) -> None:
    paused = threading.Event()
    receiver.answer(held=paused)
    bench.start()
    ids = bench.accept(receiver.url(), 9)
    receiver.wait_for(2)
    order(bench, key_of(receiver), paused=True)
    bench.store.wait_until(
        lambda: (
            key_of(receiver) in bench.store.standings
            and saved(bench, key_of(receiver)).state is HealthState.PAUSED
        )
    )
    paused.set()
    bench.store.wait_until(lambda: len(bench.store.settled) == 2)
    time.sleep(0.2)
    assert len(receiver.requests) == 2
    assert len(bench.store.rows) == len(ids) - 2


def test_deliveries_to_a_paused_destination_still_expire(bench: Bench, receiver: Receiver) -> None:
    bench.start()
    order(bench, key_of(receiver), paused=True)
    ids = bench.accept(receiver.url(), 3)
    eventually(lambda: bench.engine is not None and bench.engine.stats().in_hand == 3)
    bench.later(DAY_MS / 1000 + 1)
    outcomes = bench.store.wait_settled(*ids)
    assert {(one.state, one.reason, one.attempt) for one in outcomes} == {
        (DeliveryState.EXHAUSTED, ExhaustReason.EXPIRED, None)
    }


def test_the_old_backlog_of_a_paused_destination_ends_by_thousands_a_second(
    bench: Bench, receiver: Receiver
) -> None:
    """Nearly all of it is in the database; a hundred of it at a time, once a second, took a minute."""
    bench.start()
    order(bench, key_of(receiver), paused=True)
    ids = bench.accept(receiver.url(), 6000)
    young = bench.accept(receiver.url(), 300, expires_ms=bench.clock.now_ms() + 3 * DAY_MS)
    eventually(lambda: bench.engine is not None and 0 < bench.engine.stats().in_hand <= 200)
    bench.later(DAY_MS / 1000 + 1)

    outcomes = bench.store.wait_settled(*ids, timeout_s=20)

    assert {(one.reason, one.attempt) for one in outcomes} == {(ExhaustReason.EXPIRED, None)}
    assert bench.store.rows.keys() == set(young), (
        "what may be sent still waits for the order to be taken back"
    )
    order(bench, key_of(receiver))
    bench.store.wait_settled(*young)
    assert len(receiver.requests) == 300


def test_a_rate_limit_holds_and_can_be_changed(bench: Bench, receiver: Receiver) -> None:
    bench.start()
    order(bench, key_of(receiver), rate_limit=5)
    ids = bench.accept(receiver.url(), 200)
    receiver.wait_for(5)
    first = [request.at for request in receiver.requests][:5]
    assert first[-1] - first[0] >= 0.4  # four gaps of a fifth, but for a first one that was seen late

    order(bench, key_of(receiver))
    bench.store.wait_settled(*ids, timeout_s=30)  # at the old rate they take forty seconds


def test_the_backlog_of_a_limited_destination_leaves_room_for_others(
    bench: Bench, receiver: Receiver
) -> None:
    bench.start(memory_max=4000)
    order(bench, key_of(receiver), rate_limit=1)
    bench.accept(receiver.url(), 3000)
    engine = bench.engine
    assert engine is not None
    eventually(lambda: 0 < engine.stats().in_hand <= 4000 / 16)
    with Receiver() as other:
        bench.store.wait_settled(*bench.accept(other.url(), 1500))
    assert len(receiver.requests) < 10


# --- what is remembered and told ---


def fail(bench: Bench, receiver: Receiver, **answer: Any) -> None:
    """Let the circuit open."""
    receiver.answer(**answer)
    bench.accept(receiver.url(), FAILURES_TO_OPEN)
    bench.store.wait_until(
        lambda: (
            key_of(receiver) in bench.store.standings
            and saved(bench, key_of(receiver)).state is HealthState.FAILING
        )
    )


def test_a_failing_destination_is_stored_told_and_logged(
    bench: Bench, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "airhook.delivery")
    told = Told()
    before_ms = bench.clock.now_ms()
    bench.start(reports=told, schedules=Schedules(usual=Schedule(attempts=3, interval_s=60, timeout_s=0.2)))
    fail(bench, receiver, never=True)

    row = saved(bench, key_of(receiver))
    assert row.last_error is ErrorClass.TIMEOUT
    assert row.since_ms >= before_ms
    assert told.changes == [("healthy", "failing", ErrorClass.TIMEOUT)]
    assert f"Destination {key_of(receiver).origin} is failing (was healthy)" in caplog.text

    receiver.answer()
    bench.later(61)
    bench.store.wait_until(lambda: saved(bench, key_of(receiver)).state is HealthState.HEALTHY)
    assert told.changes[-1] == ("failing", "healthy", ErrorClass.TIMEOUT)
    assert saved(bench, key_of(receiver)).last_success_ms is not None
    assert f"Destination {key_of(receiver).origin} is healthy (was failing)" in caplog.text


def test_a_restart_remembers_a_failing_destination_and_probes_it_first(
    bench: Bench, receiver: Receiver
) -> None:
    bench.store.standings[key_of(receiver)] = DestinationRow(
        **key_of(receiver)._asdict(),
        state=HealthState.FAILING,
        since_ms=12_345,
        last_error=ErrorClass.TIMEOUT,
        last_success_ms=999,
    )
    may_answer = threading.Event()
    receiver.answer(held=may_answer)
    told = Told()
    bench.start(reports=told)
    ids = bench.accept(receiver.url(), 6)
    receiver.wait_for(1)
    time.sleep(0.2)
    assert len(receiver.requests) == 1  # one probe, though two might be open at a new destination
    may_answer.set()

    bench.store.wait_settled(*ids)
    assert told.changes == [("failing", "healthy", ErrorClass.TIMEOUT)]


def test_a_first_meeting_is_saved_and_later_successes_once_a_minute(bench: Bench, receiver: Receiver) -> None:
    bench.start()
    bench.store.wait_settled(*bench.accept(receiver.url()))
    bench.store.wait_until(lambda: key_of(receiver) in bench.store.standings)
    assert saved(bench, key_of(receiver)).state is HealthState.HEALTHY

    bench.later(1)
    bench.store.wait_settled(*bench.accept(receiver.url()))
    sent_ms = bench.clock.now_ms()
    bench.later(61)
    bench.store.wait_until(lambda: (saved(bench, key_of(receiver)).last_success_ms or 0) >= sent_ms - 1000)


def test_what_could_not_be_saved_is_saved_later(bench: Bench, receiver: Receiver) -> None:
    bench.store.fail_saves = 1
    bench.start()
    bench.store.wait_settled(*bench.accept(receiver.url()))
    bench.store.wait_until(lambda: key_of(receiver) in bench.store.standings)
    assert bench.store.fail_saves == 0


def test_a_stop_saves_what_has_changed_since(bench: Bench, receiver: Receiver) -> None:
    bench.start()
    bench.store.wait_until(lambda: True)
    bench.store.wait_settled(*bench.accept(receiver.url()))
    bench.stop()
    bench.store.wait_until(lambda: key_of(receiver) in bench.store.standings)


def test_exhausted_deliveries_are_reported_and_counted(bench: Bench, receiver: Receiver) -> None:
    told = Told()
    receiver.answer(500)
    engine = bench.start(reports=told, schedules=ONCE)
    ids = bench.accept(receiver.url(), 3)
    bench.store.wait_settled(*ids)

    eventually(lambda: sorted(told.ended) == [(one, ExhaustReason.ATTEMPTS) for one in ids])
    stats = engine.stats()
    assert (stats.attempts, stats.failed, stats.delivered) == (3, 3, 0)
    assert stats.errors[ErrorClass.BAD_STATUS] == 3
    assert {reason: n for reason, n in stats.exhausted.items() if n} == {ExhaustReason.ATTEMPTS: 3}
