"""Numbers and times as every language of the console writes them.

Times are in the zone that the reader chose, else UTC; then a script makes them local.
"""

from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo

ZONE: ContextVar[tzinfo] = ContextVar("zone", default=UTC)
"""The reader's zone while a page is rendered."""

_UNITS = ("B", "kB", "MB", "GB", "TB")


def utc(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def iso(ms: int) -> str:
    """For machines: ``2026-01-02T03:04:05.678Z``."""
    return utc(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, ZONE.get())


def date(ms: int) -> str:
    return f"{local(ms):%Y-%m-%d}"


def clock(ms: int) -> str:
    return f"{local(ms):%H:%M:%S}"


def duration(ms: int) -> str:
    """``1:02:03``, or ``2:03`` below an hour; a clock that went back gives ``0:00``."""
    seconds = max(ms, 0) // 1000
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds % 60:02}"
    return f"{minutes}:{seconds % 60:02}"


def number(value: int) -> str:
    """``14,220``: so that its size is seen at once."""
    return f"{value:,}"


def size(count: int) -> str:
    """Bytes to three digits: ``999 B``, ``1.5 kB``, ``12.3 MB``."""
    value, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"


def bitrate(bps: int) -> str:
    """``850 kbit/s``, ``2.5 Mbit/s``."""
    return f"{bps / 1000:.0f} kbit/s" if bps < 999_500 else f"{bps / 1_000_000:.1f} Mbit/s"


def milliseconds(value: float) -> str:
    """``0.4 ms``, ``143 ms``, ``20.0 s``."""
    if value >= 9999.5:
        return f"{value / 1000:.1f} s"
    return f"{value:.1f} ms" if value < 9.95 else f"{value:.0f} ms"


def text(data: bytes) -> str:
    """Bytes that somebody sent, for reading."""
    return data.decode("utf-8", "replace")
