"""Times as the API reads and writes them (contract 3.1, C-36, C-37).

Templates, rules and domains carry Beijing time, histories of streams UTC; records of callbacks are asked for in either,
and answered in the form of the question.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import partial

from airhook.cloudapi.errors import InvalidParameterValue

Written = Callable[[int], str]

_BEIJING = timezone(timedelta(hours=8))  # without summer time since 1991
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_ISO = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK})(?:\.[0-9]{{1,9}})?(Z|[+-][0-9]{{2}}:[0-9]{{2}})\Z"
)
_PLAIN = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} {_CLOCK}\Z")


def beijing(ms: int) -> str:
    """``YYYY-MM-DD HH:MM:SS`` in Beijing, from milliseconds since the UNIX epoch."""
    return datetime.fromtimestamp(ms // 1000, _BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def utc(ms: int) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ`` in UTC."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_utc(name: str, text: str) -> int:
    """Milliseconds of a time in UTC. Raises ``InvalidParameterValue`` naming the parameter."""
    match = _ISO.match(text)
    moment = _moment(match[1] + "Z") if match and match[2] == "Z" else None
    if moment is None:
        raise _wrong(name, text, "a time in UTC such as 2026-01-15T12:00:00Z")
    return _ms(moment)


def read_time(name: str, text: str) -> tuple[int, Written]:
    """Milliseconds, and how to write others in the same form: ISO 8601 with ``Z`` or an offset, or Beijing time.

    Raises ``InvalidParameterValue`` naming the parameter.
    """
    if match := _ISO.match(text):
        moment = _moment(match[1] + match[2])
        if moment is not None:
            return _ms(moment), utc if match[2] == "Z" else partial(_with_offset, moment.tzinfo)
    elif _PLAIN.match(text) and (moment := _moment(f"{text}+08:00")):
        return _ms(moment), beijing
    raise _wrong(
        name, text, "2026-01-15T12:00:00Z, 2026-01-15T20:00:00+08:00 or 2026-01-15 20:00:00 (Beijing)"
    )


def utc_date(seconds: int) -> str:
    """``YYYY-MM-DD`` in UTC: the date of a signature's scope."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _with_offset(zone: tzinfo | None, ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, zone).isoformat()


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.year > 1970 else None


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _wrong(name: str, text: str, form: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"{name} must be {form}, not {text[:64]!r}")
