"""Times as people and programs write them."""

import datetime as dt

from airhook.core.errors import InvalidError

SECONDS_BELOW = 10**11  # a smaller number is UNIX seconds: as milliseconds it would lie before March 1973
MAX_MS = 253_402_300_799_999  # the year 9999

_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)


def milliseconds(given: float | str, field: str) -> int:
    """UNIX seconds, UNIX milliseconds, or RFC 3339, as milliseconds since the UNIX epoch. Raises ``InvalidError``."""
    if isinstance(given, str):
        ms: float = _of_text(given, field)
    else:
        ms = given * 1000 if given < SECONDS_BELOW else given
    if not 0 <= ms <= MAX_MS:  # nor what is no number at all (NaN)
        raise InvalidError(field, "must lie between 1970 and the year 9999", rule="range")
    return round(ms)


def milliseconds_of(text: str, field: str) -> int:
    """The same of what was typed, where numbers are text too. Raises ``InvalidError``."""
    try:
        number = float(text.replace("_", "x"))  # which Python takes within numbers, and nobody else
    except ValueError:
        return milliseconds(text, field)
    return milliseconds(number, field)


def _of_text(text: str, field: str) -> int:
    try:
        return (dt.datetime.fromisoformat(text) - _EPOCH) // dt.timedelta(milliseconds=1)
    except (ValueError, TypeError):  # no time, or one without its zone
        raise InvalidError(
            field,
            f"{text!r} is no time; use the form 2026-01-15T12:00:00Z, or UNIX seconds or milliseconds",
            rule="format",
        ) from None
