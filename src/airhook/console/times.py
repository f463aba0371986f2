"""Times that readers type, in their own zone."""

import datetime as dt
import re

from airhook.console.preferences import zone_of
from airhook.control.when import milliseconds

_FIELD = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?\Z")


def with_zone(text: str, zone: str) -> str:
    """A time as browsers' fields have it, in the reader's ``zone``; anything else stays as it is."""
    if not _FIELD.match(text):
        return text
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=zone_of(zone) or dt.UTC).isoformat()
    except ValueError:
        return text


def read_local(text: str, field: str, zone: str) -> int | None:
    """Milliseconds since the UNIX epoch; None when nothing was typed. Raises ``InvalidError``."""
    return milliseconds(with_zone(text, zone), field) if text else None
