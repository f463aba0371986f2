"""The engine against real receivers and a store in memory; the clock is moved by hand."""

import contextlib
import hashlib
import logging
import socket
import time
from collections.abc import Iterator

import pytest

from airhook.core import failpoints
from airhook.core.deliveries import Attempt, Delivery, DeliveryState, ErrorClass, ExhaustReason, Outcome
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState
from airhook.core.due import Want
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.health import SLOW_AFTER_S
from airhook.delivery.retry import Schedule, Schedules
from airhook.verify import verify
from support.delivery_bench import KEY, Bench, eventually
from support.receiver import Receiver

MINUTE_S = 60


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield port


def last(outcome: Outcome) -> Attempt:
    assert outcome.attempt is not None
    return outcome.attempt


# --- one delivery ---


def test_an_accepted_delivery_arrives_signed_and_is_settled(bench: Bench, receiver: Receiver) -> None:
    bench.start()
    [one] = bench.accept(receiver.url("/notify?action=streamBegin"))

    [outcome] = bench.store.wait_settled(one)

    assert outcome.state is DeliveryState.DELIVERED
    [request] = receiver.requests
    assert request.path == "/notify?action=streamBegin"
    assert verify(request.body, KEY).ok
    assert list(request.json()) == ["event_type", "n", "sign", "t"]
    made = last(outcome)
    assert (made.n, made.status, made.error, made.error_detail) == (1, 200, None, "")
    assert (made.t, made.key_version) == (request.json()["t"], 1)
    assert made.request_sha256 == hashlib.sha256(request.body).digest()
    assert (made.remote_addr, made.answer_body) == ("127.0.0.1", b'{"code":0}')
    assert made.answer_headers == [("Content-Length", "10")]
    assert made.started_ms <= made.finished_ms
    assert bench.store.rows == {}


def test_a_failed_delivery_is_tried_again_after_its_interval_and_signed_anew(
    bench: Bench, receiver: Receiver
) -> None:
    receiver.answer(500, b"broken", times=1)
    bench.start()
    [one] = bench.accept(receiver.url())
    [first] = bench.store.wait_attempts(one, 1)

    waiting = bench.store.rows[one]
    assert (waiting.state, waiting.attempts) == (DeliveryState.WAITING, 1)
    assert waiting.due_ms == first.finished_ms + 60_000
    assert (first.status, first.error, first.answer_body) == (500, ErrorClass.BAD_STATUS, b"broken")
    bench.later(MINUTE_S - 2)
    time.sleep(0.1)
    assert len(receiver.requests) == 1  # not before its time
    bench.later(2)

    [outcome] = bench.store.wait_settled(one)
    assert (outcome.state, last(outcome).n) == (DeliveryState.DELIVERED, 2)
    first_t, second_t = (body["t"] for body in receiver.json_bodies())
    assert 60 <= second_t - first_t <= 62


@pytest.mark.parametrize(("event_type", "attempts", "interval_s"), [(1, 13, 60), (200, 6, 120), (338, 3, 60)])
def test_it_is_given_up_after_the_schedules_attempts(
    bench: Bench, receiver: Receiver, event_type: int, attempts: int, interval_s: int
) -> None:
    receiver.answer(204, b"")
    bench.start()
    [one] = bench.accept(receiver.url(), event_type=event_type)
    for made in range(1, attempts):
        bench.store.wait_attempts(one, made)
        bench.later(interval_s + 0.1)

    [outcome] = bench.store.wait_settled(one)

    assert (outcome.state, outcome.reason) == (DeliveryState.EXHAUSTED, ExhaustReason.ATTEMPTS)
    assert [made.n for made in bench.store.attempts[one]] == list(range(1, attempts + 1))
    assert len(receiver.requests) == attempts


def test_schedules_can_be_set(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(500)
    bench.start(schedules=Schedules(usual=Schedule(attempts=2, interval_s=0.05)))
    [one] = bench.accept(receiver.url())

    [outcome] = bench.store.wait_settled(one)

    assert (outcome.reason, last(outcome).n) == (ExhaustReason.ATTEMPTS, 2)


def test_a_delivery_that_grew_too_old_expires_without_another_attempt(
    bench: Bench, receiver: Receiver
) -> None:
    receiver.answer(500)
    bench.start()
    [one] = bench.accept(receiver.url(), expires_ms=bench.clock.now_ms() + 30_000)
    bench.store.wait_attempts(one, 1)
    bench.later(MINUTE_S + 1)

    [outcome] = bench.store.wait_settled(one)

    assert (outcome.state, outcome.reason, outcome.attempt) == (
        DeliveryState.EXHAUSTED,
        ExhaustReason.EXPIRED,
        None,
    )
    assert len(receiver.requests) == 1


def test_an_attempt_ends_at_its_deadline(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(never=True)
    bench.start(schedules=Schedules(usual=Schedule(attempts=1, interval_s=1, timeout_s=0.3)))
    [one] = bench.accept(receiver.url())

    [outcome] = bench.store.wait_settled(one)

    assert (last(outcome).error, last(outcome).status) == (ErrorClass.TIMEOUT, None)
    assert 250 < last(outcome).timings.total_ms < 2000


# --- keys and templates ---


def test_the_key_is_read_at_each_attempt_also_of_a_deleted_template(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(500, times=1)
    bench.start()
    [one] = bench.accept(receiver.url())
    bench.store.wait_attempts(one, 1)
    bench.change_template(callback_key="NewKey", key_version=2, deleted=True)
    bench.later(MINUTE_S + 1)

    [outcome] = bench.store.wait_settled(one)

    assert last(outcome).key_version == 2
    assert verify(receiver.requests[0].body, KEY).ok
    assert verify(receiver.requests[1].body, "NewKey", bench.clock.now_ms() / 1000).ok


def test_without_a_key_the_body_is_sent_as_planned(bench: Bench, receiver: Receiver) -> None:
    bench.change_template(callback_key="")
    bench.start()
    [one] = bench.accept(receiver.url())

    [outcome] = bench.store.wait_settled(one)

    assert receiver.requests[0].body == b'{"event_type":1,"n":1}'
    assert (last(outcome).t, last(outcome).key_version) == (None, None)


def test_nothing_goes_out_unsigned_because_the_template_is_not_known(
    bench: Bench, receiver: Receiver
) -> None:
    bench.start()
    [one] = bench.accept(receiver.url(), template_id=77)
    [made] = bench.store.wait_attempts(one, 1)

    assert made.error is ErrorClass.INTERNAL
    assert "template 77" in made.error_detail
    assert receiver.requests == []


# --- targets ---


def test_a_forbidden_address_is_a_class_of_its_own_and_never_called(bench: Bench, receiver: Receiver) -> None:
    bench.hosts["inside.example"] = ["127.0.0.1"]
    bench.start(TargetPolicy())
    [literal] = bench.accept(receiver.url())
    [name] = bench.accept(receiver.url(host="inside.example"))

    for one in (literal, name):
        [made] = bench.store.wait_attempts(one, 1)
        assert made.error is ErrorClass.ADDRESS_REFUSED
        assert made.error_detail == "127.0.0.1 is a loopback address; add it to targets.allow to send there"
    assert receiver.connections == 0


def test_a_name_is_resolved_and_only_its_allowed_addresses_are_called(
    bench: Bench, receiver: Receiver
) -> None:
    bench.hosts["callbacks.example"] = ["10.0.0.1", "127.0.0.1"]
    bench.start()
    [one] = bench.accept(receiver.url(host="callbacks.example"))

    [outcome] = bench.store.wait_settled(one)

    assert last(outcome).remote_addr == "127.0.0.1"
    assert last(outcome).timings.dns_ms is not None


def test_a_name_that_does_not_resolve_fails_the_attempt(bench: Bench) -> None:
    bench.start()
    [one] = bench.accept("http://no.example/")

    [made] = bench.store.wait_attempts(one, 1)

    assert (made.error, made.remote_addr) == (ErrorClass.DNS_FAILED, "")
    assert made.error_detail == "no.example does not resolve: Name or service not known"


def test_a_redirect_is_a_failure_and_not_followed(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(302, b"", headers=(("Location", receiver.url("/stolen")),))
    bench.start()
    [one] = bench.accept(receiver.url("/here"))

    [made] = bench.store.wait_attempts(one, 1)

    assert (made.status, made.error) == (302, ErrorClass.BAD_STATUS)
    assert [request.path for request in receiver.requests] == ["/here"]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "nonsense", "http://x:99999/"])
def test_a_url_that_cannot_be_called_fails_alone(bench: Bench, receiver: Receiver, url: str) -> None:
    bench.start()
    [bad] = bench.accept(url)
    [good] = bench.accept(receiver.url())

    [made] = bench.store.wait_attempts(bad, 1)
    bench.store.wait_settled(good)

    assert made.error is ErrorClass.URL_INVALID


# --- order ---


def test_a_stop_waits_until_its_start_is_delivered(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(500, times=1)
    bench.start()
    start, stop = bench.accept(receiver.url(), lane="l") + bench.accept(
        receiver.url(), event_type=0, lane="l"
    )
    bench.store.wait_attempts(start, 1)
    assert bench.store.rows[stop].state is DeliveryState.HELD
    bench.later(MINUTE_S + 1)

    bench.store.wait_settled(start, stop)

    assert [body["event_type"] for body in receiver.json_bodies()] == [1, 1, 0]


def test_a_stop_goes_out_when_it_was_held_long_enough(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(500, path="/start")
    bench.start()
    [start] = bench.accept(receiver.url("/start"), lane="l")
    [stop] = bench.accept(receiver.url("/stop"), lane="l", hold_until_ms=bench.clock.now_ms() + 30_000)
    bench.store.wait_attempts(start, 1)
    bench.later(31)

    [outcome] = bench.store.wait_settled(stop)

    assert outcome.state is DeliveryState.DELIVERED
    assert start in bench.store.rows


# --- isolation ---


def test_hung_receivers_and_names_do_not_delay_another_destination(bench: Bench, receiver: Receiver) -> None:
    with Receiver() as hung:
        hung.answer(never=True)
        bench.start(open_max=16)
        for number in range(30):
            bench.accept(f"http://127.0.0.{number + 2}:{hung.port}/", 3)  # nobody there, or hung
            bench.accept(f"http://hanging{number}.example/", 2)
        bench.accept(hung.url(), 10)
        began = time.monotonic()
        well = bench.accept(receiver.url(), 200)

        bench.store.wait_settled(*well)

        assert time.monotonic() - began < 2


def test_a_new_destination_waits_only_a_moment_behind_hundreds_of_hung_ones(
    bench: Bench, receiver: Receiver
) -> None:
    with Receiver() as hung:
        hung.answer(never=True)
        bench.start(open_max=256)  # 64 for those without a success
        for number in range(150):
            bench.accept(hung.url(), 2, account_id=number + 2)  # as many destinations
        began = time.monotonic()

        bench.store.wait_settled(*bench.accept(receiver.url(), 1))

        assert (
            time.monotonic() - began < 5
        )  # three rounds of half a second each; of three seconds they would be nine
        bench.stop()  # it hangs up first


def test_a_dead_destination_is_probed_and_the_others_in_line_spend_no_attempts(
    bench: Bench, receiver: Receiver
) -> None:
    with free_port() as port:
        bench.start()
        ids = bench.accept(f"http://127.0.0.1:{port}/", 40)
        bench.store.wait_until(lambda: sum(map(len, bench.store.attempts.values())) >= 3)
        time.sleep(0.2)
        spent = sum(map(len, bench.store.attempts.values()))
        assert spent < 8

        with Receiver(port=port) as risen:
            bench.later(MINUTE_S + 1)
            bench.store.wait_settled(*ids)
            assert len(risen.requests) == 40


def test_what_a_dead_destination_has_beyond_its_part_waits_in_the_database(
    bench: Bench, receiver: Receiver
) -> None:
    with free_port() as port:
        engine = bench.start()
        ids = bench.accept(f"http://127.0.0.1:{port}/", 1000)
        eventually(lambda: 0 < engine.stats().in_hand <= 210)
        commits = bench.store.commits
        untouched = [row for row in bench.store.rows.values() if row.state is DeliveryState.PENDING]
        assert len(untouched) > 990
        assert commits < 10

        with Receiver(port=port):
            bench.later(2 * MINUTE_S)  # the probe closes the circuit, and what has failed is due again
            bench.store.wait_settled(*ids)


def test_a_destination_that_is_well_again_does_not_wait_for_the_time_outs_of_others(
    bench: Bench, receiver: Receiver
) -> None:
    """All were failing before the start; two probes at a time may go, and those that go first hang for 20 s."""
    with Receiver() as hung:
        hung.answer(never=True)
        for number in range(8):
            remember_failing(bench, account_id=number + 2, port=hung.port)
            bench.store.accept([bench.make(hung.url(), account_id=number + 2)])
        remember_failing(bench, account_id=1, port=receiver.port)
        bench.start(open_max=16)
        hung.wait_for(2)
        well = bench.accept(receiver.url(), 1)
        for sent in (4, 6, 8):
            bench.later(SLOW_AFTER_S)
            hung.wait_for(sent)
        bench.later(SLOW_AFTER_S)

        bench.store.wait_settled(*well)

        assert bench.store.attempts.keys() == set(well), "no other has ended, their time is not over"
        bench.stop()  # it hangs up first


def remember_failing(bench: Bench, account_id: int, port: int) -> None:
    key = DestinationKey(account_id, "http", "127.0.0.1", port)
    bench.store.standings[key] = DestinationRow(
        account_id=account_id,
        scheme=key.scheme,
        host=key.host,
        port=port,
        state=HealthState.FAILING,
        since_ms=0,
    )


# --- durability ---


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

    def slow_due(now_ms: int, want: Want) -> list[Delivery]:
        [fresh] = bench.accept(receiver.url())
        bench.store.wait_until(lambda: fresh in bench.store.rows)
        found = read(now_ms, want)
        bench.store.due = read  # type: ignore[method-assign]
        bench.store.wait_settled(fresh)
        eventually(lambda: engine.stats().in_hand == 0)
        answers.append([one.id for one in found] == [stored, fresh])  # the answer holds what is over by now
        return found

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


def test_a_stop_lets_open_requests_end_and_starts_no_new_ones(bench: Bench, receiver: Receiver) -> None:
    receiver.answer(delay_s=0.5)
    bench.start()
    ids = bench.accept(receiver.url(), 6)
    receiver.wait_for(2)

    bench.stop(grace_s=5)

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


def test_the_fail_points_lie_around_the_request(bench: Bench, receiver: Receiver) -> None:
    passed: list[int] = []
    bench.start()
    failpoints.arm("delivery.before_send:1", lambda: passed.append(len(receiver.requests)))
    try:
        bench.store.wait_settled(*bench.accept(receiver.url()))
        failpoints.disarm()
        failpoints.arm("delivery.after_send:1", lambda: passed.append(len(bench.store.settled)))
        bench.store.wait_settled(*bench.accept(receiver.url()))
    finally:
        failpoints.disarm()

    assert passed == [0, 1]


def test_a_jump_of_the_wall_clock_holds_nothing_up(bench: Bench, receiver: Receiver) -> None:
    bench.start()
    bench.clock.offset_ms -= 3600_000
    bench.store.wait_settled(*bench.accept(receiver.url()))
    bench.clock.offset_ms += 2 * 3600_000
    bench.store.wait_settled(*bench.accept(receiver.url()))


def test_each_failed_attempt_is_one_line_in_the_log(
    bench: Bench, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answer(503, times=1)
    caplog.set_level(logging.INFO, "airhook.delivery")
    bench.start()
    [one] = bench.accept(receiver.url("/x"))
    bench.store.wait_attempts(one, 1)

    [line] = [record.getMessage() for record in caplog.records if "attempt" in record.getMessage()]
    assert f"Delivery {one} of event e{one} (type 1), attempt 1 to {receiver.url('/x')}: 503" in line
    assert "waiting" in line
