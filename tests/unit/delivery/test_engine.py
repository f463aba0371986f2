"""The engine against real receivers and a store in memory; the clock is moved by hand."""

import hashlib
import logging
import time

import pytest

from airhook.core import failpoints
from airhook.core.deliveries import DeliveryState, ErrorClass, ExhaustReason
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.retry import Schedule, Schedules
from airhook.verify import verify
from support.delivery_bench import KEY, MINUTE_S, Bench, last
from support.receiver import Receiver

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
    bench.later(MINUTE_S - 30)
    time.sleep(0.1)
    assert len(receiver.requests) == 1  # not before its time
    bench.later(30)

    [outcome] = bench.store.wait_settled(one)
    assert (outcome.state, last(outcome).n) == (DeliveryState.DELIVERED, 2)
    first_t, second_t = (body["t"] for body in receiver.json_bodies())
    assert 60 <= second_t - first_t <= 90


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
    assert 250 < last(outcome).timings.total_ms < 15_000, "usually it is twenty seconds"


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
