"""Counting of calls."""

from airhook.control.frequency import MAX_WINDOWS, Frequency
from support.desk import SetClock


def test_calls_are_counted_for_a_second_from_the_first() -> None:
    clock = SetClock()
    frequency = Frequency(clock)
    assert [frequency.count("a"), frequency.count("a"), frequency.count("b")] == [1, 2, 1]
    clock.ms += 999
    assert frequency.count("a") == 3
    clock.ms += 1
    assert frequency.count("a") == 1


def test_what_is_counted_does_not_grow_without_end() -> None:
    clock = SetClock()
    frequency = Frequency(clock)
    for number in range(MAX_WINDOWS + 10):
        clock.ms += 1
        frequency.count(number)
    assert len(frequency._windows) <= MAX_WINDOWS
