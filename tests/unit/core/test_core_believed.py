"""How late it is at least: a wall clock that is suddenly ahead is believed only after it has stood by that."""

import pytest

from airhook.core.believed import DOUBT_S, JUMP_MS, BelievedTime

START_MS = 1_767_268_800_000
DAY_MS = 86_400_000
HOUR_S = 3600


class Clocks:
    """A wall clock that a test sets, and a monotonic one that it lets run."""

    def __init__(self):
        self.wall_ms, self.now = START_MS, 100.0

    def now_ms(self):
        return self.wall_ms

    def monotonic(self):
        return self.now

    def run(self, seconds):
        self.wall_ms += round(seconds * 1000)
        self.now += seconds


@pytest.fixture(name="clocks")
def _clocks():
    return Clocks()


def passed_s(time):
    return (time.now_ms() - START_MS) / 1000


def test_time_that_passes_is_believed(clocks):
    time = BelievedTime(clocks)
    for seconds in (1, HOUR_S, 40 * 24 * HOUR_S):  # however long nobody looks
        clocks.run(seconds)
        assert time.now_ms() == clocks.wall_ms
    assert time.ahead_ms() == 0


def test_a_jump_ahead_is_believed_when_the_clock_has_stood_by_it(clocks):
    time = BelievedTime(clocks)
    clocks.wall_ms += 40 * DAY_MS
    assert time.now_ms() == START_MS
    clocks.run(DOUBT_S - 1)
    assert passed_s(time) == DOUBT_S - 1
    assert time.ahead_ms() == 40 * DAY_MS
    clocks.run(1)
    assert time.now_ms() == clocks.wall_ms
    assert time.ahead_ms() == 0


def test_another_jump_begins_the_doubt_anew(clocks):
    time = BelievedTime(clocks)
    for _ in range(3):
        clocks.wall_ms += DAY_MS
        time.now_ms()
        clocks.run(DOUBT_S - 1)
    assert passed_s(time) == 3 * (DOUBT_S - 1)


def test_a_clock_that_is_set_right_is_believed_at_once(clocks):
    time = BelievedTime(clocks)
    clocks.wall_ms += 40 * DAY_MS
    time.now_ms()
    clocks.run(60)
    clocks.wall_ms -= 40 * DAY_MS
    assert passed_s(time) == 60
    assert time.ahead_ms() == 0
    clocks.wall_ms += 40 * DAY_MS
    assert passed_s(time) == 60, "and doubted as before"


def test_a_clock_that_is_behind_is_believed(clocks):
    time = BelievedTime(clocks)
    clocks.wall_ms -= DAY_MS
    assert time.now_ms() == clocks.wall_ms


def test_small_steps_are_no_jump(clocks):
    time = BelievedTime(clocks)
    for _ in range(5):
        clocks.wall_ms += JUMP_MS
        assert time.now_ms() == clocks.wall_ms


def test_after_a_long_rest_the_clock_is_doubted_once(clocks):
    time = BelievedTime(clocks, START_MS - 40 * DAY_MS)
    clocks.run(60)
    assert time.ahead_ms() == 40 * DAY_MS
    clocks.run(DOUBT_S)
    assert time.now_ms() == clocks.wall_ms
