"""Templates with options: what an attempt sends, and what its answer means."""

import base64
import json
from typing import Any

import msgspec
import pytest

from airhook.control.records import Lost, SentRequest, sent_request
from airhook.core.deliveries import Delivery, DeliveryState, ErrorClass, ExhaustReason, Outcome, Timings
from airhook.core.delivery_options import DeliveryOptions, Profile, SignMode
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery import attempt
from airhook.delivery.exchange import Answer
from airhook.delivery.retry import Schedules
from airhook.verify import verify, verify_webhook

NOW = 1768478400_123
OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in (1, 2))
DELIVERY = Delivery(
    id=5, event_id="e5", account_id=1, event_type=1, domain="d", app="a", stream="s", template_id=1,
    url="http://r/", body=b'{"a":1,"z":2}', lane=None, shard=0, state=DeliveryState.PENDING,
    created_ms=NOW, due_ms=NOW, hold_until_ms=NOW, expires_ms=NOW + 1,
)  # fmt: skip


def template(**fields: Any) -> CallbackTemplate:
    options = DeliveryOptions(**fields.pop("options", {}))
    return CallbackTemplate(
        id=1,
        account_id=1,
        name="t",
        **{"callback_key": "key", "key_version": 3, "options": options, **fields},
    )


def snapshot(made: CallbackTemplate) -> Snapshot:
    return Snapshot(templates={1: made})


def answered(status: int, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status=status, headers=list(headers), body=b"", remote_addr="", timings=Timings(total_ms=1))


def outcome(
    made: CallbackTemplate, delivery: Delivery, answer: Answer, now_ms: int = NOW, chance: float = 0.5
) -> Outcome:
    prepared = attempt.prepare(delivery, snapshot(made), now_ms)
    schedule = Schedules().of(delivery.event_type, prepared.options)
    return attempt.conclude(
        delivery, prepared, answer, schedule, now_ms=now_ms, dns_ms=None, chance=lambda: chance
    )


def tried(delivery: Delivery, ended: Outcome) -> Delivery:
    """The delivery as it is stored after an attempt that failed."""
    assert ended.attempt is not None
    return msgspec.structs.replace(delivery, attempts=ended.attempt.n, body=ended.body or delivery.body)


# --- what is sent ---


def test_the_headers_of_the_template_go_along_in_their_order() -> None:
    prepared = attempt.prepare(
        DELIVERY, snapshot(template(options={"headers": (("X-B", "1"), ("X-A", "2"))})), NOW
    )

    assert prepared.headers == (("X-B", "1"), ("X-A", "2"))


@pytest.mark.parametrize(
    ("now_ms", "good"),
    [(NOW, (OLD, NEW)), (NOW + 10_000, (NEW,))],
)
def test_a_webhook_secret_signs_the_whole_body_and_during_a_rotation_both_do(
    now_ms: int, good: tuple[str, ...]
) -> None:
    options = {
        "webhook_secret": NEW,
        "previous_webhook_secret": OLD,
        "webhook_overlap_until_ms": NOW + 10_000,
    }
    prepared = attempt.prepare(DELIVERY, snapshot(template(options=options)), now_ms)

    headers = dict(prepared.headers)
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("e5", str(now_ms // 1000))
    for secret in (OLD, NEW):
        verdict = verify_webhook(headers, prepared.body, secret, now=now_ms / 1000)
        assert verdict.ok == (secret in good)
    assert verify(prepared.body, "key", now=now_ms / 1000).ok, "t and sign are there as ever"
    assert not verify_webhook(headers, prepared.body + b" ", NEW, now=now_ms / 1000)


@pytest.mark.parametrize(
    ("event_id", "shown"),
    [
        ("push-1-1", "push-1-1"),
        ("a.b:c/d", "a.b:c/d"),
        ("流\r\nx: y", "%E6%B5%81%0D%0Ax:%20y"),
        ("50%", "50%25"),
    ],
)
def test_any_event_id_fits_into_a_header(event_id: str, shown: str) -> None:
    delivery = msgspec.structs.replace(DELIVERY, event_id=event_id)
    prepared = attempt.prepare(delivery, snapshot(template(options={"webhook_secret": NEW})), NOW)

    assert dict(prepared.headers)["webhook-id"] == shown
    assert verify_webhook(dict(prepared.headers), prepared.body, NEW, now=NOW / 1000)


def test_frozen_attempts_keep_the_t_of_the_first() -> None:
    frozen = template(options={"sign_mode": SignMode.FROZEN})
    first = outcome(frozen, DELIVERY, answered(500))
    second = tried(DELIVERY, first)
    later = attempt.prepare(second, snapshot(frozen), NOW + 60_000)
    third = tried(second, outcome(frozen, second, answered(500), NOW + 60_000))

    assert json.loads(later.body) == {
        "a": 1,
        "z": 2,
        "t": 1768479000,
        "sign": json.loads(first.body or b"{}")["sign"],
    }
    assert attempt.prepare(third, snapshot(frozen), NOW + 120_000).body == later.body
    changed = attempt.prepare(
        third, snapshot(template(callback_key="other", options={"sign_mode": SignMode.FROZEN})), NOW
    )
    assert changed.t == 1768479000
    assert verify(changed.body, "other", now=NOW / 1000), "the key is read at each attempt"


@pytest.mark.parametrize("options", [DeliveryOptions(), None])
def test_what_was_frozen_can_be_sent_fresh_or_unsigned(options: DeliveryOptions | None) -> None:
    frozen = template(options={"sign_mode": SignMode.FROZEN})
    second = tried(DELIVERY, outcome(frozen, DELIVERY, answered(500)))

    fresh = attempt.prepare(second, snapshot(template(options={})), NOW + 60_000)
    assert fresh.t == 1768479060
    unsigned = attempt.prepare(
        second, snapshot(msgspec.structs.replace(frozen, callback_key="", options=options)), NOW
    )
    assert (unsigned.body, unsigned.t) == (DELIVERY.body, None)


def test_only_a_frozen_delivery_that_goes_on_gets_another_body() -> None:
    frozen = template(options={"sign_mode": SignMode.FROZEN})
    assert outcome(template(options={"http2": True}), DELIVERY, answered(500)).body is None
    assert outcome(frozen, DELIVERY, answered(200)).body is None
    last = msgspec.structs.replace(DELIVERY, attempts=12)
    assert outcome(frozen, last, answered(500)).body is None
    assert (
        outcome(
            template(callback_key="", options={"sign_mode": SignMode.FROZEN}), DELIVERY, answered(500)
        ).body
        is None
    )


# --- the old key ---


def test_the_second_try_is_the_first_with_the_old_key() -> None:
    made = template(
        options={
            "previous_key": "old",
            "overlap_until_ms": NOW + 1,
            "headers": (("X-A", "1"),),
            "webhook_secret": NEW,
        }
    )
    first = attempt.prepare(DELIVERY, snapshot(made), NOW)
    second = attempt.with_previous_key(DELIVERY, first, snapshot(made))

    assert second is not None
    assert (second.t, second.started_ms, second.key_version) == (first.t, first.started_ms, 2)
    assert verify(second.body, "old", now=NOW / 1000)
    assert verify_webhook(dict(second.headers), second.body, NEW, now=NOW / 1000)
    assert attempt.with_previous_key(DELIVERY, second, snapshot(made)) is None, "there is no third"


@pytest.mark.parametrize(
    "made",
    [
        template(options={}),
        template(options={"previous_key": "old", "overlap_until_ms": NOW}),  # over
        template(
            callback_key="", options={"previous_key": "old", "overlap_until_ms": NOW + 1}
        ),  # nothing was signed
    ],
)
def test_without_an_overlap_there_is_no_second_try(made: CallbackTemplate) -> None:
    first = attempt.prepare(DELIVERY, snapshot(made), NOW)

    assert attempt.with_previous_key(DELIVERY, first, snapshot(made)) is None


# --- what the answer means ---


@pytest.mark.parametrize(
    ("profile", "status", "state", "reason"),
    [
        ("css", 204, DeliveryState.WAITING, None),  # contract 1.1: exactly 200
        ("css", 410, DeliveryState.WAITING, None),
        ("custom", 204, DeliveryState.WAITING, None),
        ("custom", 410, DeliveryState.WAITING, None),
        ("standard", 200, DeliveryState.DELIVERED, None),
        ("standard", 204, DeliveryState.DELIVERED, None),
        ("standard", 299, DeliveryState.DELIVERED, None),
        ("standard", 300, DeliveryState.WAITING, None),
        ("standard", 400, DeliveryState.WAITING, None),
        ("standard", 410, DeliveryState.EXHAUSTED, ExhaustReason.GONE),
    ],
)
def test_each_profile_has_its_own_success(
    profile: str, status: int, state: DeliveryState, reason: ExhaustReason | None
) -> None:
    delays = (1.0,) if profile == "custom" else ()
    ended = outcome(
        template(options={"profile": Profile(profile), "delays_s": delays}), DELIVERY, answered(status)
    )

    assert (ended.state, ended.reason) == (state, reason)
    assert ended.attempt is not None
    assert ended.attempt.error is (None if state is DeliveryState.DELIVERED else ErrorClass.BAD_STATUS)


@pytest.mark.parametrize(
    ("profile", "retry_after", "wait_s"),
    [
        ("css", "7200", 60),
        ("standard", "1", 5),  # never sooner than the schedule
        ("standard", "120", 120),
        ("standard", "Thu, 15 Jan 2026 12:02:00 GMT", 119.877),
        ("standard", "Thu, 15 Jan 2026 11:00:00 GMT", 5),  # past
        ("standard", "999999999999", 86_400),  # a day at most
        ("standard", "-5", 5),
        ("standard", "soon", 5),
        ("standard", "", 5),
        ("standard", "Mon, 99 Foo 99999999999 25:61:61 +9999999", 5),
    ],
)
def test_the_standard_profile_heeds_retry_after(profile: str, retry_after: str, wait_s: float) -> None:
    made = template(options={"profile": Profile(profile)})
    ended = outcome(made, DELIVERY, answered(503, (("Retry-After", retry_after),)))

    assert ended.due_ms == NOW + round(wait_s * 1000)


def test_chance_moves_the_delays_of_the_standard_profile() -> None:
    made = template(options={"profile": Profile.STANDARD})
    dues = [outcome(made, DELIVERY, answered(500), chance=chance).due_ms for chance in (0, 0.5, 1)]

    assert dues == [NOW + 4500, NOW + 5000, NOW + 5500]


def test_the_schedule_is_the_one_that_the_template_has_at_the_attempt() -> None:
    third = msgspec.structs.replace(DELIVERY, attempts=2)
    for delays, due in (((1.0, 2.0, 30.5), NOW + 30_500), ((1.0, 2.0), None)):
        made = template(options={"profile": Profile.CUSTOM, "delays_s": delays})
        assert outcome(made, third, answered(500)).due_ms == due


# --- made again later ---


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"headers": (("X-A", "1"),)},
        {"webhook_secret": NEW, "previous_webhook_secret": OLD, "webhook_overlap_until_ms": NOW + 1},
        {"sign_mode": SignMode.FROZEN, "webhook_secret": NEW},
    ],
)
@pytest.mark.parametrize("key", ["key", ""])
def test_a_sent_request_is_made_again_with_its_headers(options: dict[str, Any], key: str) -> None:
    made = template(callback_key=key, options=options)
    delivery = DELIVERY
    for now_ms in (NOW, NOW + 60_000):
        prepared = attempt.prepare(delivery, snapshot(made), now_ms)
        ended = outcome(made, delivery, answered(500), now_ms)
        delivery = tried(delivery, ended)
        assert ended.attempt is not None
        again = sent_request(made, delivery, ended.attempt)
        assert isinstance(again, SentRequest)
        assert (again.body, again.headers) == (prepared.body, prepared.headers)


def test_a_request_with_the_old_key_is_made_again() -> None:
    made = template(options={"previous_key": "old", "overlap_until_ms": NOW + 1})
    first = attempt.prepare(DELIVERY, snapshot(made), NOW)
    second = attempt.with_previous_key(DELIVERY, first, snapshot(made))
    assert second is not None
    ended = attempt.conclude(DELIVERY, second, answered(200), Schedules().of(1), now_ms=NOW, dns_ms=None)
    assert ended.attempt is not None

    again = sent_request(made, DELIVERY, ended.attempt)
    assert isinstance(again, SentRequest)
    assert again.body == second.body
    for options in ({"previous_key": "else", "overlap_until_ms": NOW + 1}, {}):
        assert isinstance(sent_request(template(options=options), DELIVERY, ended.attempt), Lost)


def test_headers_that_the_template_would_not_send_now_are_not_shown_as_sent() -> None:
    sent = outcome(template(options={"headers": (("X-A", "1"),)}), DELIVERY, answered(200)).attempt
    assert sent is not None
    again = sent_request(template(options={"headers": (("X-A", "2"),)}), DELIVERY, sent)

    assert isinstance(again, SentRequest)
    assert again.headers is None
