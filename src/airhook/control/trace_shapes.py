"""Traces as programs outside see them: in ``/v1`` and on the command line. Ids are texts, times UNIX milliseconds."""

import base64
from typing import Any, Literal

import msgspec

from airhook.control import shapes
from airhook.control.hook_shapes import ShownHook, shown_hook
from airhook.control.records import Lost, LostReason, SentRequest
from airhook.control.shapes import ShownAttempt, ShownDelivery
from airhook.control.trace import (
    AttemptTrace,
    DeliveryTrace,
    EventTrace,
    Hold,
    Plan,
    SessionTrace,
    inferred,
)
from airhook.core.deliveries import Attempt
from airhook.core.events import Event, encode_facts
from airhook.core.inference import DETAILS, Source
from airhook.core.reasons import TEXTS
from airhook.core.sessions import Session, SessionState
from airhook.delivery.request import METHOD


class ShownSession(msgspec.Struct, frozen=True, kw_only=True):
    """One push. ``id`` is the ``sequence`` of its callbacks; ``source`` is ``rtmp`` for the own ingest."""

    id: str
    domain: str
    app: str
    stream: str
    stream_param: str
    user_ip: str
    source: str
    state: SessionState
    connections: int  # of this push: each reconnect within the window is one more
    started_at: int
    last_data_at: int
    ended_at: int | None
    errcode: int | None
    errmsg: str | None
    bytes: int
    width: int
    height: int


class ShownInference(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that nobody told of: what it was concluded from."""

    source: Source
    detail: str


class ShownEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event. ``origin`` is the source of its session, or ``reported`` for one of ``POST /v1/events``."""

    id: str
    event_type: int
    domain: str
    app: str
    stream: str
    origin: str
    session_id: str | None
    occurred_at: int
    accepted_at: int
    config_version: int
    inferred: ShownInference | None
    facts: dict[str, Any]


class ShownPlan(msgspec.Struct, frozen=True, kw_only=True):
    """``config_version`` planned it. Template and rule are as they are now; null: there is none any more."""

    config_version: int | None
    template_id: int
    template_name: str | None
    template_changed: bool  # since it was planned
    template_deleted: bool
    rule: dict[str, str] | None  # domain and app; an empty app is every app of the domain


class ShownHold(msgspec.Struct, frozen=True, kw_only=True):
    """It waited behind another delivery of its stream; ``until`` null: it waits still."""

    behind: str
    since: int
    until: int | None
    latest: int  # then it goes out in any case
    ended_by: Literal["settled", "held_long_enough"] | None


class ShownDeliveryTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery from the push that its event belongs to, down to its attempts."""

    delivery: ShownDelivery
    body: str  # as planned, without t and sign
    plan: ShownPlan
    held: ShownHold | None
    attempts: list[ShownAttempt]
    repeats: list[ShownDelivery]  # of it: resends and replays, newest first
    event: ShownEvent | None  # null: it has left the log
    session: ShownSession | None


class ShownEventTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One event with its deliveries, oldest first."""

    event: ShownEvent
    session: ShownSession | None
    deliveries: list[ShownDelivery]


class ShownEventPart(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a push."""

    event: ShownEvent
    deliveries: list[ShownDelivery]


class ShownSessionTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One push with what its media server told of it (nothing of a push to the own ingest), and its events."""

    session: ShownSession
    hooks: list[ShownHook]
    events: list[ShownEventPart]


class ShownRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request as it went out, checked against the hash that was stored then.

    ``headers_exact`` false: the template adds other headers now than it did then, and those are left out. The version in
    User-Agent is this program's. ``signature`` and ``webhook_signature`` say what a receiver found then: ``ok``,
    ``expired``, or null without such a signature.
    """

    method: str
    url: str
    target: str
    headers: list[tuple[str, str]]
    headers_exact: bool
    body: str
    t: int | None
    sign: str | None
    signature: str | None
    webhook_signature: str | None


class ShownLost(msgspec.Struct, frozen=True, kw_only=True):
    """Why the request cannot be made again."""

    reason: LostReason
    detail: str


class ShownAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``body`` is the first 4 KiB, as text as far as it is UTF-8; ``body_base64`` is what came."""

    status: int
    headers: list[tuple[str, str]]
    body: str
    body_base64: str


class ShownAttemptTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt: what was sent, what came back, and how long each step took."""

    delivery: ShownDelivery
    attempt: ShownAttempt
    key_version: int | None  # of the template's key that signed
    request: ShownRequest | None
    request_lost: ShownLost | None
    answer: ShownAnswer | None  # null: there was none


def delivery(found: DeliveryTrace) -> ShownDeliveryTrace:
    return ShownDeliveryTrace(
        delivery=shapes.delivery(found.record),
        body=found.record.delivery.body.decode(errors="replace"),
        plan=_plan(found.record.delivery.template_id, found.plan),
        held=None if found.hold is None else _hold(found.hold),
        attempts=[shapes.attempt(one) for one in found.attempts],
        repeats=[shapes.delivery(one) for one in found.repeats],
        event=None if found.event is None else event_only(found.event, found.session),
        session=None if found.session is None else session_only(found.session),
    )


def event(found: EventTrace) -> ShownEventTrace:
    return ShownEventTrace(
        event=event_only(found.event, found.session),
        session=None if found.session is None else session_only(found.session),
        deliveries=[shapes.delivery(one) for one in found.deliveries],
    )


def session(found: SessionTrace) -> ShownSessionTrace:
    events = [
        ShownEventPart(
            event=event_only(one.event, found.session),
            deliveries=[shapes.delivery(each) for each in one.deliveries],
        )
        for one in found.events
    ]
    hooks = [shown_hook(one) for one in found.hooks]
    return ShownSessionTrace(session=session_only(found.session), hooks=hooks, events=events)


def attempt(found: AttemptTrace) -> ShownAttemptTrace:
    url, sent = found.record.delivery.url, found.request
    return ShownAttemptTrace(
        delivery=shapes.delivery(found.record),
        attempt=shapes.attempt(found.attempt),
        key_version=found.attempt.key_version,
        request=_request(url, sent) if isinstance(sent, SentRequest) else None,
        request_lost=ShownLost(reason=sent.reason, detail=sent.detail) if isinstance(sent, Lost) else None,
        answer=_answer(found.attempt),
    )


def event_only(of: Event, its: Session | None) -> ShownEvent:
    source = inferred(of)
    return ShownEvent(
        id=of.id,
        event_type=of.event_type,
        domain=of.domain,
        app=of.app,
        stream=of.stream,
        origin="reported" if of.session_id is None else its.source if its else "",
        session_id=None if of.session_id is None else str(of.session_id),
        occurred_at=of.occurred_ms,
        accepted_at=of.accepted_ms,
        config_version=of.config_version,
        inferred=None if source is None else ShownInference(source=source, detail=DETAILS[source]),
        facts=msgspec.json.decode(encode_facts(of.facts)),
    )


def session_only(one: Session) -> ShownSession:
    return ShownSession(
        id=str(one.id),
        domain=one.domain,
        app=one.app,
        stream=one.stream,
        stream_param=one.stream_param,
        user_ip=one.user_ip,
        source=one.source,
        state=one.state,
        connections=one.epoch,
        started_at=one.started_ms,
        last_data_at=one.last_data_ms,
        ended_at=one.ended_ms,
        errcode=one.errcode,
        errmsg=None if one.errcode is None else TEXTS.get(one.reason),
        bytes=one.bytes,
        width=one.width,
        height=one.height,
    )


def _plan(template_id: int, plan: Plan) -> ShownPlan:
    template, rule = plan.template, plan.rule
    return ShownPlan(
        config_version=plan.config_version,
        template_id=template_id,
        template_name=template.name if template else None,
        template_changed=plan.template_changed,
        template_deleted=template.deleted if template else bool(template_id),
        rule={"domain": rule.domain, "app": rule.app} if rule else None,
    )


def _hold(hold: Hold) -> ShownHold:
    return ShownHold(
        behind=str(hold.behind),
        since=hold.since_ms,
        until=hold.until_ms,
        latest=hold.latest_ms,
        ended_by=hold.ended_by,
    )


def _request(url: str, sent: SentRequest) -> ShownRequest | None:
    """None for a URL that no request was sent to."""
    try:
        head = sent.head(url)
    except ValueError:
        return None
    return ShownRequest(
        method=METHOD,
        url=url,
        target=head.target,
        headers=list(head.headers),
        headers_exact=sent.headers is not None,
        body=sent.body.decode(errors="replace"),
        t=sent.t,
        sign=sent.sign,
        signature=sent.signature,
        webhook_signature=sent.webhook_signature,
    )


def _answer(made: Attempt) -> ShownAnswer | None:
    if made.status is None:
        return None
    return ShownAnswer(
        status=made.status,
        headers=made.answer_headers,
        body=made.answer_body.decode(errors="replace"),
        body_base64=base64.b64encode(made.answer_body).decode(),
    )
