"""One attempt as a pipe of values: sign, (send), record, decide. Pure: sending lies between ``prepare`` and ``conclude``.

Every ending becomes one of four outcomes, once: delivered, waiting for the next attempt, exhausted by its attempts,
exhausted by its age.
"""

import hashlib

import msgspec

from airhook.core.deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    ErrorClass,
    ExhaustReason,
    Outcome,
    Timings,
)
from airhook.core.errors import AirhookError
from airhook.core.events import TASK_TYPES
from airhook.core.snapshot import Snapshot
from airhook.delivery.retry import Schedule
from airhook.delivery.sender import Answer
from airhook.delivery.signing import sign

SUCCESS = 200
"""The only status that counts: 201, 204 and every redirect are failures (contract 1.1)."""


class KeyUnknownError(AirhookError):
    """The template of the delivery is not known here, so its key is not either."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be sent, and from when on."""

    body: bytes
    t: int | None
    key_version: int | None
    started_ms: int


def prepare(delivery: Delivery, snapshot: Snapshot, now_ms: int) -> Prepared:
    """Sign with the key that the template has now; a deleted template still signs what it planned.

    Events of tasks come from no template and are never signed (contract C-11).

    Raises ``KeyUnknownError``: nothing goes out unsigned by mistake.
    """
    if delivery.event_type in TASK_TYPES:
        return Prepared(body=delivery.body, t=None, key_version=None, started_ms=now_ms)
    template = snapshot.templates.get(delivery.template_id)
    if template is None:
        raise KeyUnknownError(f"template {delivery.template_id} is not known here; its key is needed to sign")
    signed = sign(delivery.body, template.callback_key, now_ms)
    version = template.key_version if signed.t is not None else None
    return Prepared(body=signed.body, t=signed.t, key_version=version, started_ms=now_ms)


def conclude(
    delivery: Delivery,
    prepared: Prepared,
    answer: Answer,
    schedule: Schedule,
    *,
    now_ms: int,
    dns_ms: float | None,
) -> Outcome:
    """What ``answer`` means for the delivery."""
    error, detail = judge(answer)
    attempt = Attempt(
        delivery_id=delivery.id,
        n=delivery.attempts + 1,
        started_ms=prepared.started_ms,
        finished_ms=now_ms,
        t=prepared.t,
        key_version=prepared.key_version,
        request_sha256=hashlib.sha256(prepared.body).digest(),
        remote_addr=answer.remote_addr,
        status=answer.status,
        error=error,
        error_detail=detail,
        answer_headers=answer.headers,
        answer_body=answer.body,
        timings=_with_dns(answer.timings, dns_ms),
    )
    return decide(delivery, attempt, schedule)


def unsent(error: ErrorClass, detail: str) -> Answer:
    """An answer for an attempt that ended before a connection was tried."""
    return Answer(
        status=None,
        headers=[],
        body=b"",
        remote_addr="",
        timings=Timings(total_ms=0),
        error=error,
        detail=detail,
    )


def judge(answer: Answer) -> tuple[ErrorClass | None, str]:
    if answer.status is None:
        return answer.error or ErrorClass.INTERNAL, answer.detail
    if answer.status == SUCCESS:
        return None, ""
    return ErrorClass.BAD_STATUS, f"The answer has status {answer.status}; only {SUCCESS} means success"


def decide(delivery: Delivery, attempt: Attempt, schedule: Schedule) -> Outcome:
    """The next state after an attempt (contract 1.2)."""
    if attempt.error is None:
        return Outcome(delivery=delivery, attempt=attempt, state=DeliveryState.DELIVERED)
    due = schedule.next_due(attempt.n, attempt.finished_ms)
    if due is None:
        return Outcome(
            delivery=delivery, attempt=attempt, state=DeliveryState.EXHAUSTED, reason=ExhaustReason.ATTEMPTS
        )
    return Outcome(delivery=delivery, attempt=attempt, state=DeliveryState.WAITING, due_ms=due)


def expire(delivery: Delivery) -> Outcome:
    """It is too old for another attempt."""
    return Outcome(
        delivery=delivery, attempt=None, state=DeliveryState.EXHAUSTED, reason=ExhaustReason.EXPIRED
    )


def defer(delivery: Delivery, due_ms: int) -> Outcome:
    """Its destination is down and has enough others in line: later, without spending an attempt."""
    return Outcome(delivery=delivery, attempt=None, state=DeliveryState.WAITING, due_ms=due_ms)


def _with_dns(timings: Timings, dns_ms: float | None) -> Timings:
    """Libcurl starts when the addresses are known: put the time of the name before all of it."""
    if not dns_ms:
        return msgspec.structs.replace(timings, dns_ms=dns_ms)

    def later(at: float | None) -> float | None:
        return None if at is None else round(at + dns_ms, 3)

    return Timings(
        dns_ms=dns_ms,
        connect_ms=later(timings.connect_ms),
        tls_ms=later(timings.tls_ms),
        first_byte_ms=later(timings.first_byte_ms),
        total_ms=round(timings.total_ms + dns_ms, 3),
    )
