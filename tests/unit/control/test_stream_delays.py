"""Delays of playback: set, listed while they are in force, taken back."""

from typing import Any

import pytest

from airhook.control import domains, stream_delays
from airhook.core.errors import InvalidError
from airhook.core.streams import StreamKey
from support.desk import NOW_MS, TestDesk, wait

DOMAIN = "push.example.com"
WEEK_MS = 7 * 86_400_000


@pytest.fixture
def key(desk: TestDesk, mine: int) -> StreamKey:
    wait(domains.add(desk, mine, DOMAIN))
    return StreamKey(mine, DOMAIN, "live", "room")


def test_a_delay_is_in_force_until_it_expires(desk: TestDesk, key: StreamKey) -> None:
    wait(stream_delays.add(desk, key, 30))
    made = wait(stream_delays.add(desk, key, 600, expires_ms=NOW_MS + 10))
    assert wait(stream_delays.list_all(desk, key.account_id)) == [made]
    desk.clock.ms += 10
    assert wait(stream_delays.list_all(desk, key.account_id)) == []


def test_a_delay_lasts_a_week_unless_it_is_taken_back(desk: TestDesk, key: StreamKey) -> None:
    assert wait(stream_delays.add(desk, key, 1)).expires_ms == NOW_MS + WEEK_MS
    assert wait(stream_delays.resume(desk, key)) is True
    assert wait(stream_delays.list_all(desk, key.account_id)) == []
    assert wait(stream_delays.resume(desk, key)) is False


@pytest.mark.parametrize(
    ("place", "values", "field"),
    [
        ({}, {"delay_s": 601}, "delay_time"),
        ({}, {"delay_s": 1, "expires_ms": NOW_MS}, "expire_time"),
        ({}, {"delay_s": 1, "expires_ms": NOW_MS + WEEK_MS + 1}, "expire_time"),
        ({"domain": "none.example.com"}, {"delay_s": 1}, "domain"),
        ({"stream": "a/b"}, {"delay_s": 1}, "stream"),
    ],
    ids=str,
)
def test_what_is_refused(
    desk: TestDesk, key: StreamKey, place: dict[str, str], values: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as wrong:
        wait(stream_delays.add(desk, key._replace(**place), **values))  # type: ignore[arg-type]
    assert wrong.value.field == field
