"""What operators are told, and how seldom: on a clock that is moved by hand."""

import itertools
from typing import Any

import pytest

from airhook.control.notices import MAX_A_MINUTE, Notices
from airhook.core import operations
from airhook.core.deliveries import ErrorClass, ExhaustReason
from airhook.core.destinations import DestinationKey, HealthState
from support.desk import NOW_MS, SetClock
from support.storage import delivery, event

HEALTHY, SLOW, FAILING, PAUSED = HealthState
KEY = DestinationKey(1, "https", "hooks.example.com", 443)
OTHER = DestinationKey(1, "https", "other.example.com", 443)
MINUTE_MS = 60_000


class Bench:
    def __init__(self) -> None:
        self.clock = SetClock()
        self.notices = Notices(self.clock)
        self.numbers = itertools.count()

    def exhaust(self, count: int = 1, url: str = "https://hooks.example.com/begin", **changes: Any) -> None:
        for _ in range(count):
            one = delivery(event(f"e{next(self.numbers)}"), url=url, **changes)
            self.notices.exhausted(one, ExhaustReason.ATTEMPTS)

    def change(self, *states: HealthState, key: DestinationKey = KEY) -> None:
        """Go through the states, one after another."""
        for was, state in itertools.pairwise(states):
            self.notices.destination_changed(key, state, was, ErrorClass.TIMEOUT)

    def told(self, **how: bool) -> list[tuple[str, Any]]:
        return [(one.type, one.data.get("count")) for one in self.notices.take(**how)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_ten_thousand_exhausted_deliveries_are_one_notice_a_minute(bench: Bench) -> None:
    told = []
    for second in range(180):
        bench.clock.ms = NOW_MS + second * 1000
        bench.exhaust(100)
        told += bench.told()
    assert told == [("delivery_exhausted", 100), ("delivery_exhausted", 6000), ("delivery_exhausted", 6000)]


def test_an_exhausted_delivery_is_named_with_its_destination_and_reason(bench: Bench) -> None:
    bench.exhaust(2)
    [notice] = bench.notices.take()
    last = notice.data.pop("last")
    assert notice.data == {
        "account_id": "1",
        "destination": "https://hooks.example.com:443",
        "count": 2,
        "reasons": {"attempts": 2},
    }
    assert (last["event_id"], last["stream"]) == ("e1", "room1")


def test_destinations_do_not_wait_for_one_another(bench: Bench) -> None:
    bench.exhaust(3)
    assert bench.told() == [("delivery_exhausted", 3)]
    bench.exhaust(4)
    bench.exhaust(5, url="http://other.example.com/")
    bench.exhaust(6, url="no url")
    assert bench.told() == [("delivery_exhausted", 5), ("delivery_exhausted", 6)]


def test_failing_and_recovered(bench: Bench) -> None:
    bench.change(HEALTHY, SLOW, FAILING)
    [failing] = bench.notices.take()
    assert (failing.type, failing.at_ms) == ("destination_failing", NOW_MS)
    assert failing.data == {"account_id": "1", "destination": KEY.origin, "error": "timeout"}
    bench.clock.ms += MINUTE_MS
    bench.change(FAILING, HEALTHY)
    assert bench.told() == [("destination_recovered", None)]
    assert bench.told() == []


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((HEALTHY, SLOW, HEALTHY), []),
        ((HEALTHY, FAILING, HEALTHY), []),  # over before anybody could be told
        ((HEALTHY, FAILING, HEALTHY, FAILING), ["destination_failing"]),
        ((FAILING, HEALTHY), ["destination_recovered"]),  # it failed before a restart
        ((HEALTHY, FAILING, PAUSED), []),
        ((PAUSED, HEALTHY), []),
    ],
)
def test_only_what_is_so_at_the_end_is_told(
    bench: Bench, states: tuple[HealthState, ...], expected: list[str]
) -> None:
    bench.change(*states)
    assert [kind for kind, _ in bench.told()] == expected


def test_one_that_flaps_is_told_once_a_minute(bench: Bench) -> None:
    told = []
    for second in range(119):
        bench.clock.ms = NOW_MS + second * 1000
        bench.change(*((HEALTHY, FAILING) if second % 2 == 0 else (FAILING, HEALTHY)))
        told += bench.told()
    assert len(told) == 2


def test_no_more_than_so_many_a_minute_and_none_is_lost(bench: Bench) -> None:
    keys = [KEY._replace(host=f"h{n}.example.com") for n in range(MAX_A_MINUTE + 20)]
    for key in keys:
        bench.change(HEALTHY, FAILING, key=key)
    first = bench.notices.take()
    assert (len(first), bench.told()) == (MAX_A_MINUTE, [])
    bench.clock.ms += MINUTE_MS
    rest = bench.notices.take()
    assert {one.data["destination"] for one in first + rest} == {key.origin for key in keys}
    assert len(rest) == 20


def test_nothing_is_told_about_the_operators_own_url(bench: Bench) -> None:
    bench.exhaust(account_id=operations.ACCOUNT)
    bench.change(HEALTHY, FAILING, key=KEY._replace(account_id=operations.ACCOUNT))
    assert bench.told() == []


def test_an_old_backlog_is_told_once_and_its_end(bench: Bench) -> None:
    ages = [0, 299_000, 301_000, 500_000, 10_000, 20_000]
    kinds = []
    for age_ms in ages:
        bench.notices.backlog(age_ms, 300_000)
        kinds.append([(one.type, one.data["oldest_due_s"]) for one in bench.notices.take()])
        bench.clock.ms += 10_000
    assert kinds == [[], [], [("backlog_old", 301)], [], [("backlog_recovered", 10)], []]


def test_at_the_end_everything_is_told(bench: Bench) -> None:
    bench.exhaust(3)
    bench.told()
    bench.exhaust(4)
    assert bench.told() == []
    assert bench.told(everything=True) == [("delivery_exhausted", 4)]


def test_a_clock_that_is_set_back_silences_nothing(bench: Bench) -> None:
    bench.exhaust()
    bench.told()
    bench.clock.ms -= 3_600_000
    bench.exhaust()
    assert bench.told() == [("delivery_exhausted", 1)]


def test_what_is_over_is_forgotten(bench: Bench) -> None:
    bench.exhaust(url="https://once.example.com/")
    bench.change(HEALTHY, FAILING)
    bench.told()
    bench.clock.ms += MINUTE_MS
    bench.change(FAILING, HEALTHY)
    bench.told()
    bench.clock.ms += MINUTE_MS
    bench.told()
    assert (bench.notices._ended, bench.notices._standings) == ({}, {})
