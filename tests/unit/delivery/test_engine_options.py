"""The engine with templates that have options, against real receivers."""

import base64
import json
from typing import Any

import pytest

from airhook.core.deliveries import DeliveryState, ExhaustReason
from airhook.core.delivery_options import DeliveryOptions, Profile, SignMode
from airhook.delivery.exchange import Post
from airhook.delivery.retry import Schedule, Schedules
from airhook.delivery.sender import Sender
from airhook.verify import verify, verify_webhook
from support.certificates import Authority
from support.delivery_bench import KEY, Bench
from support.receiver import Receiver, Request

SECRET = "whsec_" + base64.b64encode(bytes(24)).decode()
HOUR_MS = 3_600_000


def give(bench: Bench, **options: Any) -> None:
    bench.change_template(options=DeliveryOptions(**options))


def overlap(bench: Bench, until_ms: int = HOUR_MS) -> None:
    give(bench, previous_key="oldkey", overlap_until_ms=bench.clock.now_ms() + until_ms)


def keys_of(requests: list[Request], now_s: float) -> list[str]:
    return [next(key for key in (KEY, "oldkey") if verify(one.body, key, now_s)) for one in requests]


def test_a_receiver_that_still_has_the_old_key_gets_it_within_the_same_attempt(
    bench: Bench, receiver: Receiver
) -> None:
    overlap(bench)
    receiver.answer(401, times=1)
    bench.start()
    [one] = bench.accept(receiver.url())

    [outcome] = bench.store.wait_settled(one)
    assert outcome.state is DeliveryState.DELIVERED
    assert keys_of(receiver.requests, bench.clock.now_ms() / 1000) == [KEY, "oldkey"]
    [made] = bench.store.attempts[one]
    assert (made.n, made.status, made.key_version) == (1, 200, 0)


@pytest.mark.parametrize("status", [401, 403])
def test_the_old_key_is_tried_once_in_each_attempt(bench: Bench, receiver: Receiver, status: int) -> None:
    overlap(bench)
    receiver.answer(status)
    bench.start(schedules=Schedules(usual=Schedule(attempts=2, interval_s=0.01)))
    [one] = bench.accept(receiver.url())

    bench.later(1)
    [outcome] = bench.store.wait_settled(one)
    assert outcome.reason is ExhaustReason.ATTEMPTS
    assert keys_of(receiver.requests, bench.clock.now_ms() / 1000) == [KEY, "oldkey"] * 2
    assert [made.status for made in bench.store.attempts[one]] == [status] * 2


@pytest.mark.parametrize(("status", "until_ms"), [(400, HOUR_MS), (500, HOUR_MS), (401, -1)])
def test_another_status_or_the_end_of_the_overlap_means_no_second_request(
    bench: Bench, receiver: Receiver, status: int, until_ms: int
) -> None:
    overlap(bench, until_ms)
    receiver.answer(status, times=1)
    bench.start()
    [one] = bench.accept(receiver.url())

    [made] = bench.store.wait_attempts(one, 1)
    assert made.status == status
    assert len(receiver.requests) == 1


def test_both_requests_have_the_time_of_one_attempt(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Post] = []
    start = Sender.start

    def noted(sender: Sender, post: Post, tag: object) -> None:
        started.append(post)
        start(sender, post, tag)

    monkeypatch.setattr(Sender, "start", noted)
    overlap(bench)
    receiver.answer(401, times=1, delay_s=0.3)
    receiver.answer(never=True)
    bench.start(schedules=Schedules(usual=Schedule(attempts=1, interval_s=1, timeout_s=2)))
    [one] = bench.accept(receiver.url())

    bench.store.wait_settled(one)
    [made] = bench.store.attempts[one]
    assert made.status is None
    assert len(receiver.requests) == 2
    first, second = (post.timeout_ms for post in started)
    assert (first, 0 < second <= 1700) == (2000, True), "the rest of it"


def test_headers_and_webhook_signature_are_sent(bench: Bench, receiver: Receiver) -> None:
    give(bench, headers=(("X-Team", "live"),), webhook_secret=SECRET)
    bench.start()
    [one] = bench.accept(receiver.url())

    bench.store.wait_settled(one)
    [request] = receiver.requests
    now_s = bench.clock.now_ms() / 1000
    assert request.headers["x-team"] == "live"
    assert request.headers["webhook-id"] == f"e{one}"
    assert verify_webhook(request.headers, request.body, SECRET, now_s)
    assert verify(request.body, KEY, now_s)


def test_options_may_change_between_two_attempts(bench: Bench, receiver: Receiver) -> None:
    give(bench, profile=Profile.CUSTOM, delays_s=(60.0,))
    receiver.answer(500)
    bench.start()
    [one] = bench.accept(receiver.url())
    bench.store.wait_attempts(one, 1)

    give(bench, profile=Profile.CUSTOM, delays_s=(60.0, 5.0), headers=(("X-New", "1"),))
    bench.later(61)
    bench.store.wait_attempts(one, 2)
    bench.later(6)
    [outcome] = bench.store.wait_settled(one)

    assert [request.headers.get("x-new") for request in receiver.requests] == [None, "1", "1"]
    assert outcome.reason is ExhaustReason.ATTEMPTS


def test_frozen_attempts_send_the_same_body(bench: Bench, receiver: Receiver) -> None:
    give(bench, sign_mode=SignMode.FROZEN)
    receiver.answer(500, times=2)
    bench.start()
    [one] = bench.accept(receiver.url())
    for count in (1, 2):
        bench.store.wait_attempts(one, count)
        bench.later(61)
    bench.store.wait_settled(one)

    bodies = {request.body for request in receiver.requests}
    assert len(receiver.requests) == 3
    assert len(bodies) == 1
    assert json.loads(bodies.pop())["t"] == bench.store.attempts[one][0].started_ms // 1000 + 600


def test_a_receiver_that_is_gone_ends_the_delivery(bench: Bench, receiver: Receiver) -> None:
    give(bench, profile=Profile.STANDARD)
    receiver.answer(410)
    bench.start()
    [one] = bench.accept(receiver.url())

    [outcome] = bench.store.wait_settled(one)
    assert (outcome.state, outcome.reason) == (DeliveryState.EXHAUSTED, ExhaustReason.GONE)


def test_a_template_s_certificates_are_used(bench: Bench, tmp_path: Any) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.client("us")
    give(bench, ca_pem=authority.ca_file.read_text(), client_cert_pem=cert, client_key_pem=key)
    bench.start()
    with Receiver(tls=authority.server_for_clients("127.0.0.1")) as receiver:
        [one] = bench.accept(receiver.url())
        [outcome] = bench.store.wait_settled(one)

    assert outcome.state is DeliveryState.DELIVERED
    assert [request.client for request in receiver.requests] == ["us"]
