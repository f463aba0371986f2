"""The token bucket of one destination, on a clock of plain numbers."""

import math

import pytest

from airhook.core.destinations import Order
from airhook.delivery.gates import Gate


def starts_within(gate: Gate, seconds: float, now: float = 100.0) -> list[float]:
    """When requests start if there is always one more, in seconds from ``now``."""
    at, found = now, []
    while at - now < seconds:
        found.append(round(at - now, 6))
        at = max(at, gate.take(at))
    return found


def test_a_paused_destination_never_opens_by_itself() -> None:
    assert Gate(Order(paused=True, rate_limit=5), 100).opens_at(10**9) == math.inf


@pytest.mark.parametrize(("rate", "expected"), [(2, 20), (0.5, 5), (100, 1000), (1000, 10_000)])
def test_no_more_start_than_the_rate_allows(rate: float, expected: int) -> None:
    started = starts_within(Gate(Order(rate_limit=rate), 100), 10)
    assert expected - 1 <= len(started) <= expected + 1


def test_the_first_one_starts_at_once_and_the_next_after_its_time() -> None:
    assert starts_within(Gate(Order(rate_limit=2), 100), 1.6) == [0, 0.5, 1.0, 1.5]


def test_what_was_not_used_is_not_saved_up() -> None:
    gate = Gate(Order(rate_limit=50), 0)
    gate.take(0)
    started = starts_within(gate, 0.05, now=3600.0)  # idle for an hour
    assert sum(at == 0 for at in started) <= 50 * 0.1 + 1
