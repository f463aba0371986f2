"""Finding deliveries, for every face: what may be asked for by which name, pages, and all of an answer."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated

import msgspec

from airhook.control.complaints import complaint, whole_number
from airhook.control.destinations import key_of
from airhook.control.when import milliseconds, milliseconds_of
from airhook.core.deliveries import DeliveryState, ErrorClass
from airhook.core.errors import InvalidError, UnavailableError
from airhook.core.ports import Store
from airhook.core.search import MAX_LIMIT, NEWEST, DeliveryRecord, Filter, Found

DEFAULT_LIMIT = 50
EXPORTED_AT_ONCE = 500
MAX_NUMBER = 2**63 - 1  # that a database holds

Number = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter by the names that its values have outside. Each is a whole value: there is no search for parts.

    Ids and times may be what answers have: texts, and milliseconds.
    """

    id: Number | str | None = None
    event_id: str | None = None
    domain: str | None = None
    app: str | None = None
    stream: str | None = None
    event_type: Number | None = None
    url: str | None = None
    destination: str | None = None  # or any URL that leads there
    state: DeliveryState | None = None
    status: Number | None = None  # of any attempt
    error: ErrorClass | None = None  # of any attempt
    since: str | float | None = None  # planned then or later: RFC 3339, UNIX seconds or milliseconds
    until: str | float | None = None  # planned before


_NUMBERS = ("id", "event_type", "status")


def read(given: Mapping[str, object]) -> Filter:
    """The filter of names and values as they were given, numbers as text too. Raises ``InvalidError``."""
    values = {
        name: whole_number(name, value) if name in _NUMBERS and isinstance(value, str) else value
        for name, value in given.items()
    }
    try:
        return filter_of(msgspec.convert(values, Wanted))
    except msgspec.ValidationError as error:
        raise complaint(error, Wanted) from None


def filter_of(wanted: Wanted) -> Filter:
    """Raises ``InvalidError`` for a time or a destination that is none."""
    made = Filter(
        delivery_id=whole_number("id", wanted.id) if isinstance(wanted.id, str) else wanted.id,
        event_id=wanted.event_id,
        domain=wanted.domain and wanted.domain.lower(),
        app=wanted.app,
        stream=wanted.stream,
        event_type=wanted.event_type,
        url=wanted.url,
        destination=None if wanted.destination is None else _origin(wanted.destination),
        state=wanted.state,
        status=wanted.status,
        error=wanted.error,
        since_ms=_time(wanted.since, "since"),
        until_ms=_time(wanted.until, "until"),
    )
    made.check()
    return made


async def page(
    store: Store,
    account_id: int | None,
    wanted: Filter,
    limit: int = DEFAULT_LIMIT,
    cursor: int | None = None,
) -> Found:
    """One page, newest first; ``cursor`` is the ``next`` of the page before. Raises ``InvalidError`` (``limit``)."""
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidError("limit", f"must be 1 to {MAX_LIMIT}", rule="range")
    before = NEWEST if cursor is None else cursor
    return await store.read(lambda view: view.search(account_id, wanted, limit, before))


async def _part(store: Store, account_id: int | None, wanted: Filter, before: int) -> Found:
    return await store.read(
        lambda view: view.search(account_id, wanted, EXPORTED_AT_ONCE, before), of_many=True
    )


async def everything(
    store: Store, account_id: int | None, wanted: Filter
) -> AsyncIterator[list[DeliveryRecord]]:
    """All of them, newest first, a page at a time; what comes after the first page was asked for is left out.

    Raises ``UnavailableError`` when some cannot be looked at now: half of an answer is not all of it.
    """
    cursor: int | None = NEWEST
    while cursor is not None:
        found = await _part(store, account_id, wanted, cursor)
        if found.unindexed:
            raise UnavailableError(
                f"Not all can be searched yet ({found.unindexed:,} deliveries are left): the server is making the "
                "index of a day anew. Try again in a minute."
            )
        if found.records:
            yield found.records
        cursor = found.next


def _origin(text: str) -> str:
    try:
        return key_of(0, text).origin
    except InvalidError as error:
        raise InvalidError(
            "destination", f"{error.reason}; it has the form https://host:port", rule="format"
        ) from None


def _time(given: str | float | None, field: str) -> int | None:
    if given is None:
        return None
    return milliseconds_of(given, field) if isinstance(given, str) else milliseconds(given, field)
