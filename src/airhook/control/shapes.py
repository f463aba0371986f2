"""Deliveries, attempts and replays as programs outside see them: in ``/v1``, on the command line, in exports.

Ids are texts, since many programs cut integers of 63 bits. Times are milliseconds since the UNIX epoch, UTC.
"""

from typing import Any

import msgspec

from airhook.core.deliveries import Attempt, DeliveryState, ErrorClass, Timings
from airhook.core.replays import Replay, ReplayState
from airhook.core.search import DeliveryRecord, Filter, Found


class ShownAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """One POST and what came of it. ``n`` counts from 1."""

    n: int
    started_at: int
    finished_at: int
    status: int | None
    error: ErrorClass | None  # null: success
    error_detail: str
    remote_addr: str
    timings: Timings


class ShownDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one URL."""

    id: str
    event_id: str
    event_type: int
    domain: str
    app: str
    stream: str
    template_id: int
    url: str
    state: DeliveryState
    reason: str | None  # why it was exhausted
    attempts: int
    created_at: int
    due_at: int | None  # null: it has ended
    settled_at: int | None  # null: it has not ended
    repeat_of: str | None  # the delivery that this one sends again
    replay_id: str | None  # the replay that made it
    last_attempt: ShownAttempt | None


class ShownReplay(msgspec.Struct, frozen=True, kw_only=True):
    """Of ``counted`` deliveries ``made`` were sent again, of which ``under_way`` have not ended."""

    id: str
    state: ReplayState
    wanted: dict[str, Any]
    ids: list[str]  # that were named one by one
    rate: int
    created_at: int
    ended_at: int | None
    counted: int
    made: int
    skipped: int
    under_way: int
    delivered: int
    exhausted: int


class ShownPage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. ``next`` is the ``cursor`` of the page after it; null: there is nothing more.

    A page may be short, or empty, though more follows: go on with ``next``.
    """

    deliveries: list[ShownDelivery]
    next: str | None
    unindexed: int  # deliveries that could not be looked at, because an index is being made anew


def attempt(made: Attempt) -> ShownAttempt:
    return ShownAttempt(
        n=made.n,
        started_at=made.started_ms,
        finished_at=made.finished_ms,
        status=made.status,
        error=made.error,
        error_detail=made.error_detail,
        remote_addr=made.remote_addr,
        timings=made.timings,
    )


def delivery(record: DeliveryRecord) -> ShownDelivery:
    one = record.delivery
    return ShownDelivery(
        id=str(one.id),
        event_id=one.event_id,
        event_type=one.event_type,
        domain=one.domain,
        app=one.app,
        stream=one.stream,
        template_id=one.template_id,
        url=one.url,
        state=one.state,
        reason=record.reason,
        attempts=one.attempts,
        created_at=one.created_ms,
        due_at=one.due_ms if record.settled_ms is None else None,
        settled_at=record.settled_ms,
        repeat_of=None if one.repeat_of is None else str(one.repeat_of),
        replay_id=None if one.replay_id is None else str(one.replay_id),
        last_attempt=None if record.last_attempt is None else attempt(record.last_attempt),
    )


def page(found: Found) -> ShownPage:
    return ShownPage(
        deliveries=[delivery(record) for record in found.records],
        next=None if found.next is None else str(found.next),
        unindexed=found.unindexed,
    )


def wanted(asked: Filter) -> dict[str, Any]:
    """A filter by the names that its values have outside."""
    renamed = {"delivery_id": "id", "since_ms": "since", "until_ms": "until"}
    values = msgspec.to_builtins(asked)
    if asked.delivery_id is not None:
        values["delivery_id"] = str(asked.delivery_id)
    return {renamed.get(name, name): value for name, value in values.items()}


def replay(one: Replay) -> ShownReplay:
    return ShownReplay(
        id=str(one.id),
        state=one.state,
        wanted=wanted(one.wanted),
        ids=[str(delivery) for delivery in one.chosen],
        rate=one.rate,
        created_at=one.created_ms,
        ended_at=one.ended_ms,
        counted=one.counted,
        made=one.made,
        skipped=one.skipped,
        under_way=one.under_way,
        delivered=one.delivered,
        exhausted=one.exhausted,
    )
