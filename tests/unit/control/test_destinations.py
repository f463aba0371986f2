"""Operators' orders about destinations, on the real store."""

import pytest

from airhook.control import destinations
from airhook.core.deliveries import ErrorClass
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState, Order
from airhook.core.errors import InvalidError
from support.desk import NOW_MS, add_account, wait
from support.storage import await_answer

URL = "https://Hooks.example.com/live/begin?action=1"


def save(desk, **changes):
    """As the engine does in the background."""
    row = DestinationRow(
        **DestinationKey(1, "https", "hooks.example.com", 443)._asdict(),
        **{"state": HealthState.FAILING, "since_ms": NOW_MS - 5, "last_error": ErrorClass.TIMEOUT, **changes},
    )
    assert await_answer(lambda done: desk.store.save_standings([row], done)) is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (URL, "https://hooks.example.com:443"),
        ("http://hooks.example.com", "http://hooks.example.com:80"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080"),
        ("https://bücher.example/", "https://xn--bcher-kva.example:443"),
    ],
)
def test_an_order_is_about_scheme_host_and_port(desk, mine, url, origin):
    assert wait(destinations.pause(desk, mine, url)).key.origin == origin


@pytest.mark.parametrize(
    "url", ["hooks.example.com", "ftp://hooks.example.com", "https://", "https://u:p@h/"]
)
def test_what_is_no_callback_url_is_refused(desk, mine, url):
    with pytest.raises(InvalidError) as refused:
        wait(destinations.pause(desk, mine, url))
    assert refused.value.field == "url"


def test_orders_are_in_the_snapshot_and_gone_when_taken_back(desk, mine):
    key = wait(destinations.pause(desk, mine, URL)).key
    wait(destinations.limit(desk, mine, URL, 12.5))
    assert dict(desk.config.current.orders) == {key: Order(paused=True, rate_limit=12.5)}
    wait(destinations.resume(desk, mine, URL))
    assert dict(desk.config.current.orders) == {key: Order(rate_limit=12.5)}
    wait(destinations.limit(desk, mine, URL, None))
    assert dict(desk.config.current.orders) == {}


def test_the_snapshot_keeps_its_orders_when_other_things_change(desk, mine):
    wait(destinations.pause(desk, mine, URL))
    before = desk.config.current.orders
    add_account(desk, 2, "other")
    assert desk.config.current.orders is before


def test_a_pause_shows_at_once_and_so_does_its_end(desk, mine):
    save(desk)
    paused = wait(destinations.pause(desk, mine, URL))
    assert (paused.state, paused.since_ms, paused.last_error) == (
        HealthState.PAUSED,
        NOW_MS,
        ErrorClass.TIMEOUT,
    )
    assert [row.state for row in wait(destinations.list_all(desk, mine))] == [HealthState.PAUSED]
    desk.clock.ms += 9
    assert wait(destinations.pause(desk, mine, URL)).since_ms == NOW_MS  # it was paused already
    resumed = wait(destinations.resume(desk, mine, URL))
    assert (resumed.state, resumed.since_ms) == (HealthState.HEALTHY, NOW_MS + 9)


def test_what_the_engine_saves_leaves_orders_alone_and_is_no_configuration(desk, mine):
    wait(destinations.limit(desk, mine, URL, 3))
    version = desk.store.config_version()
    save(desk, last_success_ms=77)
    [row] = wait(destinations.list_all(desk, mine))
    assert (row.state, row.last_error, row.last_success_ms) == (HealthState.FAILING, ErrorClass.TIMEOUT, 77)
    assert row.rate_limit == 3
    assert desk.store.config_version() == version
    assert [known.key for known in desk.store.troubled()] == [row.key]


def test_another_account_s_are_not_listed(desk, mine):
    wait(destinations.pause(desk, mine, URL))
    add_account(desk, 2, "other")
    assert wait(destinations.list_all(desk, 2)) == []


@pytest.mark.parametrize("rate", [0, -1, 0.001, 1e9, float("nan"), float("inf")])
def test_a_rate_without_sense_is_refused(desk, mine, rate):
    with pytest.raises(InvalidError) as refused:
        wait(destinations.limit(desk, mine, URL, rate))
    assert refused.value.field == "rate_limit"
