"""How often somebody may try to sign in."""

import pytest

from airhook.console import throttle
from airhook.console.throttle import TRIES_PER_ADDRESS, TRIES_PER_NAME, WINDOW_S, Throttle


class Watch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def tries(watch: Watch) -> Throttle:
    return Throttle(watch)


def test_a_window_begins_with_its_first_try(tries: Throttle, watch: Watch) -> None:
    for _ in range(TRIES_PER_NAME):
        assert tries.try_once("192.0.2.1", "aiko") == 0
        watch.now += 10
    assert tries.try_once("192.0.2.1", "aiko") == WINDOW_S - 50
    watch.now += WINDOW_S - 51
    assert tries.try_once("192.0.2.1", "aiko") == 1
    watch.now += 1
    assert tries.try_once("192.0.2.1", "aiko") == 0


def test_a_refused_try_does_not_make_the_wait_longer(tries: Throttle, watch: Watch) -> None:
    for _ in range(TRIES_PER_NAME + 20):
        tries.try_once("192.0.2.1", "aiko")
    watch.now += WINDOW_S
    assert tries.try_once("192.0.2.1", "aiko") == 0


def test_another_address_may_still_sign_the_name_in(tries: Throttle) -> None:
    for _ in range(TRIES_PER_NAME + 1):
        tries.try_once("192.0.2.1", "aiko")
    assert tries.try_once("192.0.2.2", "aiko") == 0


@pytest.mark.parametrize(
    ("address", "neighbour", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "", True),
        ("unix:", "unix:", True),
    ],
)
def test_what_one_address_is(tries: Throttle, address: str, neighbour: str, same: bool) -> None:
    for n in range(TRIES_PER_ADDRESS):
        assert tries.try_once(address, f"name{n}") == 0
    assert (tries.try_once(neighbour, "one more") > 0) is same


def test_a_right_try_costs_nothing(tries: Throttle) -> None:
    for _ in range(TRIES_PER_ADDRESS * 3):
        assert tries.try_once("192.0.2.1", "aiko") == 0
        tries.forget("192.0.2.1", "aiko")
    tries.forget("192.0.2.9", "never tried")
    assert tries.try_once("192.0.2.9", "never tried") == 0


def test_memory_is_bounded(tries: Throttle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_REMEMBERED", 100)
    for n in range(1000):
        tries.try_once(f"198.51.{n // 250}.{n % 250}", "x" * 64)
    assert len(tries._tries) <= 100
