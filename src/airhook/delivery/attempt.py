"""One attempt as a pipe of values: sign, (send), record, decide. Pure: sending lies between ``prepare`` and ``conclude``.

Every ending becomes one of four outcomes, once: delivered, waiting for the next attempt, exhausted by its attempts,
exhausted by its age.
"""

import random
from collections.abc import Callable

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
from airhook.core.delivery_options import DeliveryOptions, SignMode
from airhook.core.errors import AirhookError
from airhook.core.events import TASK_TYPES
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery import request
from airhook.delivery.exchange import Answer
from airhook.delivery.retry import Schedule, retry_after_s
from airhook.delivery.signing import first_t, sign, unsigned

SUCCESS = 200
"""The only status that counts: 201, 204 and every redirect are failures (contract 1.1)."""
GONE = 410
KEY_REFUSED = frozenset({401, 403})


class KeyUnknownError(AirhookError):
    """The template of the delivery is not known here, so its key is not either."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is about to be sent, and from when on."""

    body: bytes
    t: int | None
    key_version: int | None
    started_ms: int
    headers: request.Headers = ()  # that the template adds
    options: DeliveryOptions | None = None  # of the template


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
    if template.options is not None:
        return _prepare(delivery, template, template.options, now_ms)
    # A retry whose template was frozen when it was first sent may carry the old signature still.
    body = delivery.body if template.callback_key or not delivery.attempts else unsigned(delivery.body)
    signed = sign(body, template.callback_key, now_ms)
    version = template.key_version if signed.t is not None else None
    return Prepared(body=signed.body, t=signed.t, key_version=version, started_ms=now_ms)


def options_of(delivery: Delivery, snapshot: Snapshot) -> DeliveryOptions | None:
    """The options that the delivery's template has now."""
    template = snapshot.templates.get(delivery.template_id)
    return template.options if template else None


def with_previous_key(delivery: Delivery, prepared: Prepared, snapshot: Snapshot) -> Prepared | None:
    """The same once more with the template's old key, while the two overlap; None when there is no such second try."""
    options, template = prepared.options, snapshot.templates.get(delivery.template_id)
    if options is None or template is None or prepared.key_version != template.key_version:
        return None
    key = options.previous_key_at(prepared.started_ms)
    if not key:
        return None
    made = request.make(
        delivery.event_id, delivery.body, key, options, t=prepared.t, started_ms=prepared.started_ms
    )
    return msgspec.structs.replace(
        prepared, body=made.body, headers=made.headers, key_version=template.key_version - 1
    )


def conclude(
    delivery: Delivery,
    prepared: Prepared,
    answer: Answer,
    schedule: Schedule,
    *,
    now_ms: int,
    dns_ms: float | None,
    chance: Callable[[], float] = random.random,
) -> Outcome:
    """What ``answer`` means for the delivery; ``chance`` gives numbers from 0 to 1."""
    error, detail = judge(answer, schedule)
    attempt = Attempt(
        delivery_id=delivery.id,
        n=delivery.attempts + 1,
        started_ms=prepared.started_ms,
        finished_ms=now_ms,
        t=prepared.t,
        key_version=prepared.key_version,
        request_sha256=request.digest(prepared.body, prepared.headers),
        remote_addr=answer.remote_addr,
        status=answer.status,
        error=error,
        error_detail=detail,
        answer_headers=answer.headers,
        answer_body=answer.body,
        timings=_with_dns(answer.timings, dns_ms),
    )
    outcome = decide(delivery, attempt, schedule, chance)
    return _keep_first_t(outcome, prepared) if prepared.options is not None else outcome


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


def judge(answer: Answer, schedule: Schedule) -> tuple[ErrorClass | None, str]:
    if answer.status is None:
        return answer.error or ErrorClass.INTERNAL, answer.detail
    if answer.status == SUCCESS or (schedule.standard and 200 <= answer.status < 300):
        return None, ""
    means = "only 2xx means" if schedule.standard else f"only {SUCCESS} means"
    return ErrorClass.BAD_STATUS, f"The answer has status {answer.status}; {means} success"


def decide(
    delivery: Delivery, attempt: Attempt, schedule: Schedule, chance: Callable[[], float] = random.random
) -> Outcome:
    """The next state after an attempt (contract 1.2; of profile ``standard``: Standard Webhooks)."""
    if attempt.error is None:
        return Outcome(delivery=delivery, attempt=attempt, state=DeliveryState.DELIVERED)
    if schedule.standard and attempt.status == GONE:
        return _exhausted(delivery, attempt, ExhaustReason.GONE)
    asked_s = retry_after_s(attempt.answer_headers, attempt.finished_ms) if schedule.standard else 0
    due = schedule.next_due(attempt.n, attempt.finished_ms, asked_s=asked_s, chance=chance())
    if due is None:
        return _exhausted(delivery, attempt, ExhaustReason.ATTEMPTS)
    return Outcome(delivery=delivery, attempt=attempt, state=DeliveryState.WAITING, due_ms=due)


def expire(delivery: Delivery) -> Outcome:
    """It is too old for another attempt."""
    return _exhausted(delivery, None, ExhaustReason.EXPIRED)


def _exhausted(delivery: Delivery, attempt: Attempt | None, reason: ExhaustReason) -> Outcome:
    return Outcome(delivery=delivery, attempt=attempt, state=DeliveryState.EXHAUSTED, reason=reason)


def _prepare(
    delivery: Delivery, template: CallbackTemplate, options: DeliveryOptions, now_ms: int
) -> Prepared:
    frozen = options.sign_mode is SignMode.FROZEN and delivery.attempts
    made = request.make(
        delivery.event_id,
        delivery.body,
        template.callback_key,
        options,
        t=first_t(delivery.body) if frozen else None,
        started_ms=now_ms,
    )
    return Prepared(
        body=made.body,
        t=made.t,
        key_version=None if made.t is None else template.key_version,
        started_ms=now_ms,
        headers=made.headers,
        options=options,
    )


def _keep_first_t(outcome: Outcome, prepared: Prepared) -> Outcome:
    """In frozen mode the stored body takes on the first ``t``, for the attempts to come."""
    assert prepared.options is not None
    frozen = prepared.options.sign_mode is SignMode.FROZEN and prepared.t is not None
    if frozen and outcome.state is DeliveryState.WAITING and first_t(outcome.delivery.body) is None:
        return msgspec.structs.replace(outcome, body=prepared.body)
    return outcome


def _with_dns(timings: Timings, dns_ms: float | None) -> Timings:
    """Libcurl starts when the addresses are known: put the time of the name before all of it."""
    if dns_ms == timings.dns_ms:
        return timings
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
