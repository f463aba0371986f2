"""Times as the API writes them. Templates, rules and domains carry Beijing time (contract 3.1, C-37)."""

import re
from datetime import UTC, datetime, timedelta, timezone

from airhook.cloudapi.errors import InvalidParameterValue

_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z\Z")
_BEIJING = timezone(timedelta(hours=8))  # without summer time since 1991


def beijing(ms: int) -> str:
    """``YYYY-MM-DD HH:MM:SS`` in Beijing, from milliseconds since the UNIX epoch."""
    return datetime.fromtimestamp(ms // 1000, _BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def utc(ms: int) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ`` in UTC, from milliseconds since the UNIX epoch: histories of streams."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_utc(name: str, text: str) -> int:
    """Milliseconds of a time in UTC. Raises ``InvalidParameterValue`` naming the parameter."""
    moment = _parse(text) if _UTC.match(text) else None
    if moment is None:
        raise InvalidParameterValue(
            f"{name} must be a time in UTC such as 2026-01-15T12:00:00Z, not {text[:64]!r}"
        )
    return round(moment.timestamp() * 1000)


def _parse(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def utc_date(seconds: int) -> str:
    """``YYYY-MM-DD`` in UTC: the date of a signature's scope."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
