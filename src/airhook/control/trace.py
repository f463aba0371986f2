"""The way of a callback from its beginning: session, event, deliveries, attempts, and why each is as it is.

Everything is read in one go from what was recorded, and nothing is guessed: what the records do not tell is None.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from airhook.control.records import Lost, SentRequest, sent_request
from airhook.core.deliveries import Attempt, DeliveryState
from airhook.core.errors import NotFoundError
from airhook.core.events import ORDERED_TYPES, Event, PushEnded
from airhook.core.hooks import HookRecord
from airhook.core.inference import Source, of_reason
from airhook.core.ports import Store, View
from airhook.core.reasons import Reason
from airhook.core.rules import WHOLE_DOMAIN, CallbackRule
from airhook.core.search import MAX_LIMIT, NEWEST, DeliveryRecord, Filter
from airhook.core.sessions import Session, SessionState
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate

AFTERWARDS_MS = 3_600_000  # within it the last files of a push that has ended are ready
LANE_DEPTH = 20  # deliveries of a stream that are looked at to tell behind which one of them another waited


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery waited behind another one of its stream. Times are milliseconds since the UNIX epoch."""

    behind: int  # the delivery just before it
    since_ms: int
    until_ms: int | None  # None: it waits still
    latest_ms: int  # then it goes out, whatever the other one does
    ended_by: Literal["settled", "held_long_enough"] | None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What planned a delivery: the configuration of that version, by a rule and its template as they are now."""

    config_version: int | None  # None: the event has left the log
    template: CallbackTemplate | None  # None: it is gone, or there was none, as for events of tasks
    template_changed: bool  # since
    rule: CallbackRule | None  # that leads to the template now


class DeliveryTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery, from the session that its event belongs to, down to its attempts."""

    record: DeliveryRecord
    attempts: list[Attempt]
    event: Event | None  # None: it has left the log
    session: Session | None
    plan: Plan
    hold: Hold | None  # None: it never waited
    repeats: list[DeliveryRecord]  # of it, newest first


class EventTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One event with its session and all its deliveries, oldest first."""

    event: Event
    session: Session | None
    deliveries: list[DeliveryRecord]


class SessionTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One push with what its media server told of it, and with its events; oldest first."""

    session: Session
    hooks: list[HookRecord]  # none of a push to the own ingest
    events: list[EventTrace]


class AttemptTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt with the request it sent, or why that cannot be made again."""

    record: DeliveryRecord
    attempt: Attempt
    request: SentRequest | Lost


async def delivery(
    store: Store, snapshot: Snapshot, account_id: int | None, delivery_id: int
) -> DeliveryTrace:
    """Raises ``NotFoundError``, also for another account's."""
    found = await store.read(lambda view: _delivery(view, snapshot, account_id, delivery_id))
    if found is None:
        raise NotFoundError("delivery", str(delivery_id))
    return found


async def attempt(
    store: Store, snapshot: Snapshot, account_id: int | None, delivery_id: int, n: int
) -> AttemptTrace:
    """Raises ``NotFoundError``, also for another account's."""

    def work(view: View) -> tuple[DeliveryRecord, list[Attempt]] | None:
        record = view.delivery(account_id, delivery_id)
        return (record, view.attempts(delivery_id)) if record else None

    found = await store.read(work)
    if found is None:
        raise NotFoundError("delivery", str(delivery_id))
    record, attempts = found
    made = next((one for one in attempts if one.n == n), None)
    if made is None:
        raise NotFoundError("attempt", f"{n} of delivery {delivery_id}")
    template = snapshot.templates.get(record.delivery.template_id)
    return AttemptTrace(record=record, attempt=made, request=sent_request(template, record.delivery, made))


async def event(store: Store, account_id: int, event_id: str) -> EventTrace:
    """Raises ``NotFoundError``, also for another account's."""
    found = await store.read(lambda view: _event(view, account_id, event_id))
    if found is None:
        raise NotFoundError("event", event_id)
    return found


async def session(
    store: Store, account_id: int | None, session_id: int, at_most: int = MAX_LIMIT
) -> SessionTrace:
    """Its start and stop, and what the newest ``at_most`` deliveries about the stream meanwhile tell of.

    Raises ``NotFoundError``, also for another account's.
    """
    found = await store.read(lambda view: _session(view, account_id, session_id, at_most), of_many=True)
    if found is None:
        raise NotFoundError("session", str(session_id))
    return found


def inferred(of: Event) -> Source | None:
    """From what a stop was concluded; None for what was told, and for every other event."""
    if of.session_id is None or not isinstance(of.facts, PushEnded):
        return None
    return of_reason(Reason(of.facts.errcode, of.facts.sub))


def _delivery(
    view: View, snapshot: Snapshot, account_id: int | None, delivery_id: int
) -> DeliveryTrace | None:
    record = view.delivery(account_id, delivery_id)
    if record is None:
        return None
    one = record.delivery
    of = view.event(one.account_id, one.event_id)
    related = _deliveries(view, one.account_id, one.event_id)
    return DeliveryTrace(
        record=record,
        attempts=view.attempts(delivery_id),
        event=of,
        session=_session_of(view, of),
        plan=_plan(snapshot, record, of),
        hold=_hold(view, record),
        repeats=[other for other in reversed(related) if other.delivery.repeat_of == one.id],
    )


def _event(view: View, account_id: int, event_id: str) -> EventTrace | None:
    of = view.event(account_id, event_id)
    return None if of is None else _traced(view, of)


def _traced(view: View, of: Event) -> EventTrace:
    return EventTrace(
        event=of, session=_session_of(view, of), deliveries=_deliveries(view, of.account_id, of.id)
    )


def _session(view: View, account_id: int | None, session_id: int, at_most: int) -> SessionTrace | None:
    found = view.session(session_id)
    if found is None or account_id not in (None, found.account_id):
        return None
    ids = dict.fromkeys(_event_ids(view, found, at_most))
    known = (view.event(found.account_id, each) for each in ids)
    # What became of others' events need not be asked: on a busy stream they are nearly all of them.
    mine = [_traced(view, one) for one in known if one is not None and one.session_id == session_id]
    events = sorted(mine, key=lambda one: one.event.accepted_ms)
    return SessionTrace(session=found, hooks=view.hooks(found.id), events=events)


def _event_ids(view: View, found: Session, at_most: int) -> Iterator[str]:
    """Its start and stop, whose ids tell it; and what else was called back about the stream meanwhile."""
    yield from (f"{found.id}-{kind.value}" for kind in ORDERED_TYPES)
    until_ms = (
        found.ended_ms + AFTERWARDS_MS if found.state is SessionState.CLOSED and found.ended_ms else None
    )
    meanwhile = Filter(
        domain=found.domain,
        app=found.app,
        stream=found.stream,
        since_ms=found.started_ms,
        until_ms=until_ms,
    )
    for record in view.search(found.account_id, meanwhile, at_most).records:
        yield record.delivery.event_id


def _session_of(view: View, of: Event | None) -> Session | None:
    return None if of is None or of.session_id is None else view.session(of.session_id)


def _deliveries(view: View, account_id: int, event_id: str) -> list[DeliveryRecord]:
    """Oldest first."""
    return view.search(account_id, Filter(event_id=event_id), MAX_LIMIT, NEWEST).records[::-1]


def _plan(snapshot: Snapshot, record: DeliveryRecord, of: Event | None) -> Plan:
    one = record.delivery
    template = snapshot.templates.get(one.template_id)
    version = None if of is None else of.config_version
    rules = (snapshot.rules.get((one.domain, app)) for app in (one.app, WHOLE_DOMAIN))
    return Plan(
        config_version=version,
        template=template,
        template_changed=template is not None and version is not None and template.version > version,
        rule=next((rule for rule in rules if rule and rule.template_id == one.template_id), None),
    )


def _hold(view: View, record: DeliveryRecord) -> Hold | None:
    """A delivery is held when, as it was accepted, an earlier one of its lane had not ended."""
    one = record.delivery
    if one.lane is None:
        return None
    stream = Filter(domain=one.domain, app=one.app, stream=one.stream)
    before = view.search(one.account_id, stream, LANE_DEPTH, one.id).records
    ahead = [
        other
        for other in before
        if other.delivery.lane == one.lane and (other.settled_ms is None or other.settled_ms > one.created_ms)
    ]
    return _held(record, ahead) if ahead else None


def _held(record: DeliveryRecord, ahead: Sequence[DeliveryRecord]) -> Hold:
    one = record.delivery
    waits = one.state is DeliveryState.HELD
    ends = [other.settled_ms for other in ahead if other.settled_ms is not None]
    settled = len(ends) == len(ahead) and max(ends) <= one.hold_until_ms
    return Hold(
        behind=ahead[0].delivery.id,
        since_ms=one.created_ms,
        until_ms=None if waits else max(ends) if settled else one.hold_until_ms,
        latest_ms=one.hold_until_ms,
        ended_by=None if waits else "settled" if settled else "held_long_enough",
    )
