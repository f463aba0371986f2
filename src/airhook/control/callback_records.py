"""Callbacks as they were sent, one record for each attempt (contract 3.2, C-34 to C-36).

A delivery tells how many attempts it made and whether the last one was the success, so that records are counted without
reading attempts; these are read for the page alone.
"""

from collections.abc import Iterator

import msgspec

from airhook.control import search
from airhook.control.base import Desk
from airhook.control.records import SentRequest, sent_request
from airhook.core.deliveries import Attempt, DeliveryState, ErrorClass
from airhook.core.errors import InvalidError
from airhook.core.events import EventType
from airhook.core.search import DeliveryRecord, Filter

DAY_MS = 86_400_000
SECOND_MS = 1000  # times are given in seconds, and the last one counts whole
MAX_SPAN_MS = DAY_MS
MAX_AGE_MS = 14 * DAY_MS
MAX_COUNTED = 50_000  # deliveries; a stream with more of them within the time has its newest ones counted

SUCCESS = 0
NO_CONNECTION = 1
TIMED_OUT = 408
_TIMEOUTS = frozenset({ErrorClass.TIMEOUT, ErrorClass.CONNECT_TIMEOUT, ErrorClass.DNS_TIMEOUT})


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Records of callbacks about a stream, whatever its domain and app, that were planned within a time."""

    stream: str
    since_ms: int
    until_ms: int
    event_type: int | None = None
    succeeded: bool | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. ``request`` is the body that was sent; if its key is gone since, the body without signature."""

    stream: str
    event_type: int
    event_ms: int
    answered_ms: int
    request: bytes
    response: bytes
    result: int  # 0; or the HTTP status, 408 for a timeout, 1 without an answer


class Page(msgspec.Struct, frozen=True, kw_only=True):
    records: list[Record]
    total: int


async def page(desk: Desk, account_id: int | None, wanted: Wanted, *, number: int, size: int) -> Page:
    """A page (from 1), newest first.

    Raises ``InvalidError`` (field ``start_time``, ``end_time``, ``event_type``), ``UnavailableError``, also when too many
    such lists of the account are being counted.
    """
    _check(wanted, desk.clock.now_ms())
    with desk.record_lists.taken(account_id):
        return await _page(desk, account_id, wanted, number=number, size=size)


async def _page(desk: Desk, account_id: int | None, wanted: Wanted, *, number: int, size: int) -> Page:
    first = (number - 1) * size
    shown: list[tuple[DeliveryRecord, int, int]] = []  # with the rows of it that are on the page
    total = looked = 0
    asked = Filter(
        stream=wanted.stream,
        event_type=wanted.event_type,
        since_ms=wanted.since_ms,
        until_ms=wanted.until_ms + SECOND_MS,
    )
    async for found in search.everything(desk.store, account_id, asked):
        for delivery in found:
            rows = _count(delivery, wanted)
            start, stop = max(first - total, 0), min(first + size - total, rows)
            if start < stop:
                shown.append((delivery, start, stop))
            total += rows
        looked += len(found)
        if looked >= MAX_COUNTED:
            break
    return Page(records=[record for one in shown for record in await _read(desk, wanted, *one)], total=total)


def result_of(attempt: Attempt) -> int:
    """What came of an attempt, as a number."""
    if attempt.error is None:
        return SUCCESS
    if attempt.error in _TIMEOUTS:
        return TIMED_OUT
    return attempt.status if attempt.status and attempt.status != 200 else NO_CONNECTION


async def _read(desk: Desk, wanted: Wanted, found: DeliveryRecord, start: int, stop: int) -> Iterator[Record]:
    attempts = await desk.store.read(lambda view: view.attempts(found.delivery.id))
    fitting = [one for one in reversed(attempts) if wanted.succeeded in (None, one.error is None)]
    return (_record(desk, found, attempt) for attempt in fitting[start:stop])


def _record(desk: Desk, found: DeliveryRecord, attempt: Attempt) -> Record:
    delivery = found.delivery
    sent = sent_request(desk.config.current.templates.get(delivery.template_id), delivery, attempt)
    return Record(
        stream=delivery.stream,
        event_type=delivery.event_type,
        event_ms=_event_ms(delivery.body) or delivery.created_ms,
        answered_ms=attempt.finished_ms,
        request=sent.body if isinstance(sent, SentRequest) else delivery.body,
        response=attempt.answer_body,
        result=result_of(attempt),
    )


def _event_ms(body: bytes) -> int:
    """The time in a body, where its type has one."""
    told = msgspec.json.decode(body)
    seconds = told.get("event_time") if isinstance(told, dict) else None
    return seconds * 1000 if isinstance(seconds, int) else 0


def _count(found: DeliveryRecord, wanted: Wanted) -> int:
    successes = int(found.delivery.state is DeliveryState.DELIVERED)
    made = found.delivery.attempts
    if wanted.succeeded is None:
        return made
    return successes if wanted.succeeded else made - successes


def _check(wanted: Wanted, now_ms: int) -> None:
    if wanted.since_ms < now_ms - MAX_AGE_MS:
        raise InvalidError(
            "start_time", f"must lie within the last {MAX_AGE_MS // DAY_MS} days", rule="range"
        )
    if not 0 <= wanted.until_ms - wanted.since_ms <= MAX_SPAN_MS:
        raise InvalidError("end_time", "must be after the start, by at most a day", rule="range")
    if wanted.event_type is not None and wanted.event_type not in set(EventType):
        known = ", ".join(str(kind.value) for kind in EventType)
        raise InvalidError("event_type", f"must be one of {known}", rule="unknown")
