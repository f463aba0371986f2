"""Times as the API writes them. Templates, rules and domains carry Beijing time (contract 3.1, C-37)."""

from datetime import UTC, datetime, timedelta, timezone

_BEIJING = timezone(timedelta(hours=8))  # without summer time since 1991


def beijing(ms: int) -> str:
    """``YYYY-MM-DD HH:MM:SS`` in Beijing, from milliseconds since the UNIX epoch."""
    return datetime.fromtimestamp(ms // 1000, _BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def utc_date(seconds: int) -> str:
    """``YYYY-MM-DD`` in UTC: the date of a signature's scope."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
