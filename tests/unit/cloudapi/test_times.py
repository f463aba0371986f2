from airhook.cloudapi import times


def test_beijing_is_eight_hours_ahead() -> None:
    assert times.beijing(1768477801_999) == "2026-01-15 19:50:01"


def test_the_date_of_a_signature_is_utc() -> None:
    # 00:30 in Beijing is still the day before in UTC.
    assert times.utc_date(1768408200) == "2026-01-14"
