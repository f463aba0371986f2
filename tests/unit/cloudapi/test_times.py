"""Times as the API reads and writes them."""

import pytest

from airhook.cloudapi import times
from airhook.cloudapi.errors import InvalidParameterValue

MS = 1_768_477_801_000


def test_beijing_is_eight_hours_ahead() -> None:
    assert times.beijing(1768477801_999) == "2026-01-15 19:50:01"


def test_the_date_of_a_signature_is_utc() -> None:
    # 00:30 in Beijing is still the day before in UTC.
    assert times.utc_date(1768408200) == "2026-01-14"


def test_utc() -> None:
    assert times.utc(1768477801_999) == "2026-01-15T11:50:01Z"
    assert times.read_utc("EndTime", "2026-01-15T11:50:01Z") == MS


@pytest.mark.parametrize(
    "text",
    ["2026-01-15T11:50:01Z", "2026-01-15T19:50:01+08:00", "2026-01-15T06:50:01-05:00", "2026-01-15 19:50:01"],
)
def test_an_answer_has_the_form_of_the_question(text: str) -> None:
    ms, written = times.read_time("StartTime", text)
    assert ms == MS
    assert written(MS + 999) == text


def test_parts_of_seconds_are_read() -> None:
    assert times.read_time("StartTime", "2026-01-15T11:50:01.123Z")[0] == MS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("2026-01-15", id="date"),
        pytest.param("2026-01-15T11:50:01", id="no-zone"),
        pytest.param("2026-13-15T11:50:01Z", id="month-13"),
        pytest.param("2026-01-15 24:00:01", id="hour-24"),
        pytest.param("2026-01-15T11:50:01+24:00", id="offset-of-a-day"),
        pytest.param("0001-01-01T00:00:00Z", id="before-all"),
        pytest.param("１０26-01-15T11:50:01Z", id="wide-digits"),
        pytest.param("1768477801", id="seconds"),
    ],
)
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidParameterValue, match="StartTime must be"):
        times.read_time("StartTime", text)
    with pytest.raises(InvalidParameterValue, match="ResumeTime must be"):
        times.read_utc("ResumeTime", text)


def test_a_time_that_must_be_utc_has_no_offset() -> None:
    with pytest.raises(InvalidParameterValue, match="UTC"):
        times.read_utc("ResumeTime", "2026-01-15T19:50:01+08:00")
