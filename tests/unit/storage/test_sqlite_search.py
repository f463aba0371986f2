"""Searching: by each value, alone and together, with time, in pages, while deliveries come and end."""

import itertools
from typing import Any

import pytest

from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import DeliveryState, ErrorClass, Outcome
from airhook.core.search import NEWEST, Filter
from airhook.storage.sqlite import search as sqlite_search
from airhook.storage.sqlite.retention import Retention
from support.searchable import DESTINATIONS, URLS, end_as, expected, fill
from support.searching import ids, index, search
from support.storage import DAY_MS, NOON_MS, SqliteBackend, accept, attempt, delivery, event, settle

VALUES: dict[str, list[Any]] = {
    "event_id": ["event-3", "event-17", "event-999"],
    "domain": ["push0.example", "push2.example", "absent.example"],
    "app": ["live", "other"],
    "stream": ["room0", "room4", "room9"],
    "event_type": [0, 1, 200, 317],
    "url": [*URLS, "https://absent.example/"],
    "destination": [*sorted(set(DESTINATIONS.values())), "https://absent.example:443"],
    "state": list(DeliveryState),
    "status": [200, 500, 503, 404],
    "error": [ErrorClass.BAD_STATUS, ErrorClass.TIMEOUT, ErrorClass.TLS_FAILED],
}
TIMES: list[dict[str, Any]] = [
    {},
    {"since_ms": NOON_MS + 20 * 3_600_000},
    {"until_ms": NOON_MS + 20 * 3_600_000},
    {"since_ms": NOON_MS + 10 * 3_600_000, "until_ms": NOON_MS + 40 * 3_600_000},
    {"since_ms": NOON_MS + 400 * DAY_MS},
]
ALONE = [{name: value} for name, values in VALUES.items() for value in values]
PAIRS = [
    {one: VALUES[one][at % len(VALUES[one])], other: VALUES[other][at % len(VALUES[other])]}
    for at, (one, other) in enumerate(itertools.combinations(VALUES, 2))
]


pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture(scope="module", params=["not indexed", "half indexed", "indexed", "indexed as it comes"])
def filled(request, tmp_path_factory):
    """The answers may not depend on how far the index is."""
    upkeep = Retention() if request.param == "indexed as it comes" else None
    backend = SqliteBackend(tmp_path_factory.mktemp("search"), upkeep=upkeep)
    known = fill(backend)
    if request.param in ("half indexed", "indexed"):
        index(backend, 3 if request.param == "half indexed" else None)
    yield backend, known
    backend.close()


@pytest.mark.parametrize("values", [{}, *ALONE, *PAIRS], ids=str)
def test_what_fits_is_found_and_nothing_else(filled, values):
    backend, known = filled
    for within in TIMES:
        wanted = Filter(**values, **within)
        found = search(backend, wanted)
        assert ids(found) == expected(known, wanted), within
        assert found.next is None
        assert found.unindexed == 0


@pytest.mark.parametrize("limit", [1, 7])
@pytest.mark.parametrize(
    "values", [{}, {"stream": "room0"}, {"status": 500}, {"state": DeliveryState.PENDING}], ids=str
)
def test_pages_follow_each_other_without_gaps_and_repeats(filled, values, limit):
    backend, known = filled
    wanted = Filter(**values)
    seen: list[int] = []
    cursor: int | None = NEWEST
    while cursor is not None:
        page = search(backend, wanted, limit=limit, before=cursor)
        assert len(page.records) <= limit
        seen += ids(page)
        cursor = page.next
    assert seen == expected(known, wanted)


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("values", [{}, {"stream": "room1"}, {"status": 200}], ids=str)
def test_pages_of_one_millisecond_leave_none_out(tmp_path, values, limit):
    """Ids of deliveries that are planned together follow each other without a gap."""
    backend = SqliteBackend(tmp_path)
    try:
        known = []
        for n in range(8):
            made = event(f"event-{n}", stream=f"room{n % 2}", account_id=1)
            (one,) = accept(backend.store, made, delivery(made, id=(NOON_MS << ID_LOW_BITS) + n, url=URLS[0]))
            known.append(end_as(backend, one, "delivered" if n % 4 < 2 else "pending"))
        seen: list[int] = []
        cursor: int | None = NEWEST
        while cursor is not None:
            page = search(backend, Filter(**values), limit=limit, before=cursor)
            seen += ids(page)
            cursor = page.next
        assert seen == expected(known, Filter(**values))
    finally:
        backend.close()


@pytest.mark.parametrize("values", [{}, {"stream": "room0"}, {"status": 500}], ids=str)
def test_a_search_gets_on_however_slow_the_machine_is(filled, values, monkeypatch):
    """All of its time is over before it has looked at anything."""
    monkeypatch.setattr(sqlite_search, "PATIENCE_S", 0.0)
    backend, known = filled
    wanted = Filter(**values)
    seen: list[int] = []
    cursor: int | None = NEWEST
    while cursor is not None:
        page = search(backend, wanted, before=cursor)
        seen += ids(page)
        assert page.next is None or page.next < cursor, "the next page is another one"
        cursor = page.next
    assert seen == expected(known, wanted)


def test_a_record_is_shown_with_its_state_and_last_attempt(filled):
    backend, known = filled
    shown = {one.delivery.id: one for one in search(backend, Filter()).records}
    for one in known:
        if one.delivery.account_id == 1:
            assert shown[one.delivery.id].delivery.state is one.state
            assert shown[one.delivery.id].last_attempt == (one.tries[-1] if one.tries else None)


def test_each_account_finds_its_own_and_the_owner_of_the_system_finds_all(filled):
    backend, known = filled
    of = {
        account_id: [one.delivery.id for one in known if one.delivery.account_id == account_id]
        for account_id in (1, 2)
    }
    assert set(ids(search(backend, Filter(), 2))) == set(of[2])
    assert set(ids(search(backend, Filter(), None))) == {*of[1], *of[2]}
    other = of[2][0]
    assert ids(search(backend, Filter(delivery_id=other), 1)) == []
    assert ids(search(backend, Filter(delivery_id=other), 2)) == [other]
    assert set(ids(search(backend, Filter(domain="push0.example"), None))) == {
        one.delivery.id for one in known if one.delivery.domain == "push0.example"
    }


def test_a_cursor_stays_where_it_is_while_deliveries_come_and_end(tmp_path):
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    wanted = Filter(domain="push0.example")
    first = search(backend, wanted, limit=2)
    for n in range(5):
        backend.clock.now += 1000
        made = event(f"later-{n}", domain="push0.example")
        later = delivery(made, id=(backend.clock.now << ID_LOW_BITS) + n)
        (one,) = accept(backend.store, made, later)
        if n % 2:
            settle(backend.store, Outcome(delivery=one, attempt=attempt(one), state=DeliveryState.DELIVERED))
    rest = search(backend, wanted, before=first.next or 0)
    assert ids(first) + ids(rest) == expected(known, wanted)
    backend.close()
