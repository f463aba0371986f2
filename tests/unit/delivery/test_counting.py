"""What the engine has done since its start."""

import hashlib

from airhook.core.deliveries import Attempt, Delivery, DeliveryState, ErrorClass, Outcome, Timings, shard_of
from airhook.core.stats import TOOK_MS
from airhook.delivery.counting import Counting

DELIVERY = Delivery(
    id=1,
    event_id="1-1",
    account_id=1,
    event_type=1,
    domain="push.example.com",
    app="live",
    stream="room1",
    template_id=1,
    url="https://hooks.example.com/",
    body=b"{}",
    lane=None,
    shard=shard_of(1, "push.example.com", "live", "room1"),
    state=DeliveryState.PENDING,
    created_ms=0,
    due_ms=0,
    hold_until_ms=0,
    expires_ms=0,
)


def outcome(took_ms: float, error: ErrorClass | None = None) -> Outcome:
    attempt = Attempt(
        delivery_id=1,
        n=1,
        started_ms=0,
        finished_ms=round(took_ms),
        t=None,
        key_version=None,
        request_sha256=hashlib.sha256(b"{}").digest(),
        remote_addr="",
        status=None if error else 200,
        error=error,
        error_detail="",
        answer_headers=[],
        answer_body=b"",
        timings=Timings(total_ms=took_ms),
    )
    return Outcome(delivery=DELIVERY, attempt=attempt, state=DeliveryState.DELIVERED)


def test_attempts_are_counted_by_how_they_ended_and_how_long_they_took() -> None:
    counting = Counting()
    for took_ms in (3, 30, 30):
        counting.attempted(outcome(took_ms))
    counting.attempted(outcome(99_000, ErrorClass.TIMEOUT))
    counting.attempted(Outcome(delivery=DELIVERY, attempt=None, state=DeliveryState.EXHAUSTED))
    assert (counting.attempts, counting.delivered, counting.failed) == (4, 3, 1)
    assert counting.errors[ErrorClass.TIMEOUT] == 1
    assert dict(zip([*TOOK_MS, None], counting.took.counts, strict=True)) == {
        **dict.fromkeys([*TOOK_MS, None], 0),
        5.0: 1,
        50.0: 2,
        None: 1,
    }
