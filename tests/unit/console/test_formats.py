"""Numbers and times in the tables."""

import pytest

from airhook.console import formats

# 2026-01-15 11:50:01.678 UTC
MS = 1_768_477_801_678


def test_times_are_utc() -> None:
    assert formats.iso(MS) == "2026-01-15T11:50:01.678Z"
    assert (formats.date(MS), formats.clock(MS)) == ("2026-01-15", "11:50:01")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0:00"),
        (999, "0:00"),
        (1000, "0:01"),
        (59_999, "0:59"),
        (60_000, "1:00"),
        (3_599_000, "59:59"),
        (3_600_000, "1:00:00"),
        (100 * 3_600_000, "100:00:00"),
        (-5000, "0:00"),
    ],
)
def test_durations(ms: int, text: str) -> None:
    assert formats.duration(ms) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_940, "99.9 kB"),
        (99_960, "100 kB"),
        (999_400, "999 kB"),
        (999_500, "1.0 MB"),
        (48_312_004, "48.3 MB"),
        (3_912_004_112, "3.9 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert formats.size(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.04, "0.0 ms"),
        (9.94, "9.9 ms"),
        (9.96, "10 ms"),
        (142.9, "143 ms"),
        (9999, "9999 ms"),
        (20_000, "20.0 s"),
    ],
)
def test_milliseconds(value: float, text: str) -> None:
    assert formats.milliseconds(value) == text


def test_bytes_that_are_no_text_can_be_read_all_the_same() -> None:
    assert formats.text(b"a\xffb\xe4\xb8\xad") == "a�b中"
