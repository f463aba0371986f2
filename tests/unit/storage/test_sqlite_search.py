"""Searching: by each value, alone and together, with time, in pages, while deliveries come and end."""

import contextlib
import itertools
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import Attempt, Delivery, DeliveryState, ErrorClass, ExhaustReason, Outcome
from airhook.core.search import NEWEST, Filter
from airhook.storage.sqlite import search as sqlite_search
from airhook.storage.sqlite.connect import connect
from airhook.storage.sqlite.daysearch import DaySearch
from airhook.storage.sqlite.logindex import create, mark_of
from airhook.storage.sqlite.retention import Retention
from support.searching import ids, index, search
from support.storage import DAY_MS, NOON_MS, SqliteBackend, accept, attempt, delivery, event, settle

URLS = ("https://one.example/cb", "https://one.example:443/other", "http://two.example:8080/cb")
DESTINATIONS = {
    URLS[0]: "https://one.example:443",
    URLS[1]: "https://one.example:443",
    URLS[2]: "http://two.example:8080",
}
ENDS: dict[str, list[int | None]] = {
    "delivered": [200],
    "recovered": [500, 200],
    "exhausted": [503, 500],
    "unreachable": [None],
    "waiting": [500],
    "pending": [],
}


class Known(msgspec.Struct):
    """What is to be found: the oracle that every answer is compared with."""

    delivery: Delivery
    state: DeliveryState
    tries: list[Attempt]

    def fits(self, wanted: Filter) -> bool:
        low, high = wanted.ids()
        as_it_is = msgspec.structs.replace(self.delivery, state=self.state)
        return (
            low <= self.delivery.id < high
            and wanted.fits(as_it_is, 1)
            and wanted.destination in (None, DESTINATIONS[self.delivery.url])
            and (not wanted.asks_of_attempts or wanted.tried(self.tries))
        )


def fill(backend, count=60):
    """Deliveries of all kinds, an hour apart, over some days; attempts of one may fall on two days."""
    chance = random.Random(7)
    known = []
    for n in range(count):
        at_ms = NOON_MS + n * 3_600_000
        backend.clock.now = at_ms
        made = event(
            f"event-{n}",
            stream=f"room{n % 5}",
            domain=f"push{n % 3}.example",
            event_type=(1, 0, 200)[n % 3],
            account_id=2 if n % 11 == 10 else 1,
        )
        (one,) = accept(
            backend.store,
            made,
            delivery(made, id=(at_ms << ID_LOW_BITS) + n, url=URLS[n % 3], created_ms=at_ms),
        )
        known.append(_end(backend, one, chance.choice(list(ENDS))))
    return known


def _end(backend, one, end):
    tries: list[Attempt] = []
    for status in ENDS[end]:
        backend.clock.now += 14 * 3_600_000 * len(tries)
        error = None if status == 200 else ErrorClass.TIMEOUT if status is None else ErrorClass.BAD_STATUS
        tries.append(attempt(one, status=status, error=error))
        last = len(tries) == len(ENDS[end]) and end != "waiting"
        state = DeliveryState.WAITING
        if last:
            state = DeliveryState.DELIVERED if status == 200 else DeliveryState.EXHAUSTED
        reason = ExhaustReason.ATTEMPTS if state is DeliveryState.EXHAUSTED else None
        settle(
            backend.store,
            Outcome(delivery=one, attempt=tries[-1], state=state, due_ms=one.due_ms, reason=reason),
        )
        one = msgspec.structs.replace(one, attempts=len(tries), state=state)
    return Known(one, one.state, tries)


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


@pytest.fixture(scope="module", autouse=True)
def patient():
    """A slow machine may not cut an answer short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_search, "PATIENCE_S", 60.0)
        yield


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


def expected(known, wanted):
    return sorted((one.delivery.id for one in known if one.fits(wanted)), reverse=True)


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
            known.append(_end(backend, one, "delivered" if n % 4 < 2 else "pending"))
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


def test_an_index_that_is_gone_or_broken_is_made_anew(tmp_path):
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    wanted = Filter(status=500)
    for damage in (bytes, lambda: b"no database at all" * 500):
        for path in (tmp_path / "logs").glob("*.idx*"):
            path.unlink()
        for path in (tmp_path / "logs").glob("*.db"):
            if content := damage():
                path.with_suffix(".idx").write_bytes(content)
        index(backend)
        assert ids(search(backend, wanted)) == expected(known, wanted)
        assert len(list((tmp_path / "logs").glob("*.idx"))) == len(list((tmp_path / "logs").glob("*.db")))
    backend.close()


def damage(path):
    """Spoil all of an index but its first page, which tells what it is."""
    with closing(connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"spoilt" * ((path.stat().st_size - 4096) // 6))


def test_a_damaged_index_hides_nothing_from_a_search_which_deletes_it(tmp_path, caplog):
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    index(backend)
    paths = list((tmp_path / "logs").glob("*.idx"))
    for path in paths:
        damage(path)
    wanted = Filter(status=500)
    assert expected(known, wanted)
    assert ids(search(backend, wanted)) == expected(known, wanted)
    assert "is damaged" in caplog.text
    assert [path for path in paths if path.exists()] == []
    backend.close()


def test_a_running_server_makes_a_damaged_index_anew(tmp_path):
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    index(backend)
    backend.close()
    paths = list((tmp_path / "logs").glob("*.idx"))
    for path in paths:
        damage(path)
    backend = SqliteBackend(tmp_path, upkeep=Retention())
    wanted = Filter(stream="room1")
    assert ids(search(backend, wanted)) == expected(known, wanted)
    logs = backend.store._log_reader.logs
    until = time.monotonic() + 20
    while not all(indexed(logs, day) for day in logs.days()):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert ids(search(backend, wanted)) == expected(known, wanted)
    backend.close()


def indexed(logs, day):
    if not logs.index(day).exists():
        return False
    with (
        contextlib.suppress(sqlite3.DatabaseError),
        DaySearch.of(logs.files, logs.path(day), logs.index(day)) as asked,
    ):
        return list(asked.unindexed()) == []
    return False


def test_an_index_that_is_not_ready_yet_is_asked_once_it_is(tmp_path):
    """The indexer has just made its file when a search comes by."""
    backend = SqliteBackend(tmp_path)
    known = fill(backend, 12)
    logs = backend.store._log_reader.logs
    for day in logs.days():
        connect(logs.index(day), create=True).close()
    wanted = Filter(stream="room1")
    assert ids(search(backend, wanted)) == expected(known, wanted)
    for day in logs.days():
        with closing(connect(logs.index(day))) as raw:
            create(raw, mark_of(logs.path(day)))
    index(backend)
    assert all(indexed(logs, day) for day in logs.days())
    assert ids(search(backend, wanted)) == expected(known, wanted)
    backend.close()


def test_an_index_of_another_log_is_not_believed(tmp_path):
    """The log of a day was damaged and began anew: what the old one told of is not found in it any more."""
    backend = SqliteBackend(tmp_path)
    fill(backend, 3)
    index(backend)
    logs = backend.store._log_reader.logs
    day = logs.days()[0]
    backend.close()
    for side in ("", "-wal", "-shm"):
        Path(f"{logs.path(day)}{side}").unlink(missing_ok=True)
    logs.prepare(day)
    with DaySearch.of(logs.files, logs.path(day), logs.index(day)) as asked:
        assert asked.candidates(1, Filter()) is None
        assert list(asked.unindexed()) == []


def test_the_rarest_value_leads_the_search(tmp_path):
    """Of two values the one that fewer deliveries have is looked through, whatever their order."""
    backend = SqliteBackend(tmp_path)
    for n in range(30):
        made = event(f"event-{n}", stream="rare" if n == 7 else "room", domain="push.example", account_id=1)
        (one,) = accept(backend.store, made, delivery(made, id=(NOON_MS << ID_LOW_BITS) + n, url=URLS[n % 2]))
        _end(backend, one, "delivered")
    index(backend)
    logs = backend.store._log_reader.logs
    day = logs.days()[-1]
    with DaySearch.of(logs.files, logs.path(day), logs.index(day)) as asked:
        for wanted in (
            Filter(domain="push.example", stream="rare"),
            Filter(stream="rare", url=URLS[1]),
            Filter(stream="rare", state=DeliveryState.DELIVERED),
        ):
            found = asked.candidates(1, wanted)
            assert found is not None
            assert found.chunk(0, NEWEST, 100) == [(NOON_MS << ID_LOW_BITS) + 7]
    backend.close()
