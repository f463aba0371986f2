"""What operators are told, and how seldom: on a clock that is moved by hand."""

import itertools
from typing import Any

import pytest

from airhook.control import search
from airhook.control.losses import QUIET_MS
from airhook.control.notices import MAX_A_MINUTE, Notices
from airhook.core import operations
from airhook.core.clock import ID_LOW_BITS
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

    def exhaust_at(self, *planned_ms: int, **changes: Any) -> None:
        """Give up deliveries that were planned at these times."""
        for ms in planned_ms:
            self.exhaust(id=(ms << ID_LOW_BITS) + 5, **changes)

    def lost(self, **how: bool) -> list[dict[str, Any]]:
        return [one.data for one in self.notices.take(**how) if one.type == "deliveries_lost"]

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


# --- what is to be replayed ---


def test_an_outage_is_told_once_when_it_is_over_with_what_to_replay(bench: Bench) -> None:
    for minute in range(60):
        bench.clock.ms = NOW_MS + minute * MINUTE_MS
        bench.exhaust_at(bench.clock.ms - 13 * MINUTE_MS, bench.clock.ms - 14 * MINUTE_MS)
        assert bench.lost() == []
    bench.clock.ms += QUIET_MS - 1
    assert bench.lost() == []
    bench.clock.ms += 1
    wanted = {
        "destination": "https://hooks.example.com:443",
        "state": "exhausted",
        "since": "2026-01-15T11:36:01.000Z",
        "until": "2026-01-15T12:36:01.001Z",
    }
    assert bench.lost() == [
        {
            "account_id": "1",
            "destination": wanted["destination"],
            "count": 120,
            "reasons": {"attempts": 120},
            "since": wanted["since"],
            "until": wanted["until"],
            "replay": {
                "command": "airhook replay add --destination https://hooks.example.com:443 --state exhausted "
                "--since 2026-01-15T11:36:01.000Z --until 2026-01-15T12:36:01.001Z",
                "method": "POST",
                "path": "/v1/replays",
                "body": {"wanted": wanted},
            },
        }
    ]
    bench.clock.ms += 10 * QUIET_MS
    assert bench.lost() == []


def test_the_filter_that_is_told_finds_the_first_and_the_last_of_them(bench: Bench) -> None:
    first, last = NOW_MS - 7_777, NOW_MS - 1
    bench.exhaust_at(last, first)
    [told] = bench.lost(everything=True)
    wanted = search.read(told["replay"]["body"]["wanted"])
    low, high = wanted.ids()
    assert low <= first << ID_LOW_BITS < (last << ID_LOW_BITS) + 5 < high
    assert (last + 1) << ID_LOW_BITS >= high


def test_each_destination_and_account_has_its_own_window(bench: Bench) -> None:
    bench.exhaust_at(NOW_MS, NOW_MS)
    bench.exhaust_at(NOW_MS, url="http://other.example.com/")
    bench.exhaust_at(NOW_MS, url="no url")
    bench.notices.exhausted(
        delivery(event("theirs", account_id=2), url="https://hooks.example.com/", id=NOW_MS << ID_LOW_BITS),
        ExhaustReason.EXPIRED,
    )
    told = {(one["account_id"], one["destination"]): one["reasons"] for one in bench.lost(everything=True)}
    assert told == {
        ("1", "https://hooks.example.com:443"): {"attempts": 2},
        ("1", "http://other.example.com:80"): {"attempts": 1},
        ("2", "https://hooks.example.com:443"): {"expired": 1},
    }


def test_an_outage_without_end_is_told_every_day(bench: Bench) -> None:
    told = []
    for hour in range(50):
        for part in range(15):
            bench.clock.ms = NOW_MS + (hour * 15 + part) * 240_000
            bench.exhaust_at(bench.clock.ms)
            told += bench.lost()
    assert [one["count"] for one in told] == [361, 361]


def test_what_was_sent_again_in_vain_leads_to_the_first_one(bench: Bench) -> None:
    bench.exhaust_at(NOW_MS, repeat_of=(NOW_MS - 3_600_000) << ID_LOW_BITS)
    [told] = bench.lost(everything=True)
    assert (told["since"], told["until"]) == ("2026-01-15T10:50:01.000Z", "2026-01-15T10:50:01.001Z")


# --- destinations ---


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
    assert bench.told(everything=True) == [("delivery_exhausted", 4), ("deliveries_lost", 7)]


def test_a_clock_that_is_set_back_silences_nothing(bench: Bench) -> None:
    bench.exhaust()
    bench.told()
    bench.clock.ms -= 3_600_000
    bench.exhaust()
    assert bench.told() == [("delivery_exhausted", 1), ("deliveries_lost", 2)]


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
