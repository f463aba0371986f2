"""How many calls a second a key may make of an action."""

import pytest

from airhook.cloudapi import catalogue
from airhook.cloudapi.errors import RequestLimitExceeded
from airhook.cloudapi.rates import DOCUMENTED, UNLIMITED, Rates
from airhook.config import Settings
from airhook.config.api import Api
from airhook.core.clock import SystemClock
from airhook.core.errors import ConfigError
from airhook.runtime import parts
from support.desk import SetClock

ACTION = "DescribeLiveDomains"


def most(rates: Rates, action: str = ACTION, key: str = "AKID1") -> int:
    """How many calls go through at this moment."""
    for calls in range(1000):
        try:
            rates.count(key, action)
        except RequestLimitExceeded:
            return calls
    return 1000


def test_twenty_calls_a_second_where_nothing_else_is_documented() -> None:
    clock = SetClock()
    rates = Rates(clock)
    assert most(rates) == 20
    clock.ms += 999
    assert most(rates) == 0
    clock.ms += 1
    assert most(rates) == 20


@pytest.mark.parametrize(
    ("action", "calls"),
    [
        ("CreateLiveCallbackTemplate", 200),
        ("DescribeLiveCallbackRules", 500),
        ("DropLiveStream", 100),
        ("DescribeLiveStreamEventList", 300),
        ("DescribeLiveDelayInfoList", 10),
    ],
)
def test_documented_limits(action: str, calls: int) -> None:
    assert most(Rates(SetClock()), action) == calls


def test_each_key_and_each_action_has_its_own_count() -> None:
    rates = Rates(SetClock(), usual=3)
    assert most(rates) == 3
    assert most(rates, key="AKID2") == 3
    assert most(rates, "DescribeLiveDomain") == 3


def test_the_message_is_the_services_own() -> None:
    rates = Rates(SetClock(), usual=5)
    most(rates)
    with pytest.raises(RequestLimitExceeded) as caught:
        rates.count("AKID1", ACTION)
    assert caught.value.message("en-US") == (
        "Your current request times equals to `7` in a second, which exceeds the frequency limit `5` for a second. "
        "Please reduce the frequency of calls."
    )


def test_chosen_limits_come_first_and_0_is_none() -> None:
    rates = Rates(SetClock(), usual=2, chosen={"DropLiveStream": 4, ACTION: UNLIMITED})
    assert most(rates, "DropLiveStream") == 4
    assert most(rates) == 1000
    assert most(Rates(SetClock(), usual=UNLIMITED)) == 1000


def test_only_actions_that_exist_have_limits() -> None:
    assert set(DOCUMENTED) <= catalogue.ACTIONS
    settings = Settings(api=Api(rate_limit=7, rate_limits={"DropLiveStream": 1}))
    rates = parts.api_rates(settings, SystemClock())
    assert (most(rates, "DropLiveStream"), most(rates)) == (1, 7)
    wrong = Settings(api=Api(rate_limits={"DropLifeStream": 1}))
    with pytest.raises(ConfigError, match="DropLifeStream"):
        parts.api_rates(wrong, SystemClock())
