"""One event by its id: in the live database while a delivery of it has not ended, then in the log of the day it was over."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from airhook.core.events import Event, decode_facts
from airhook.storage.sqlite.logreader import LogReader
from airhook.storage.sqlite.queries import EVENT, load

_SQL = load(Path(__file__).with_name("events.sql"))

Rows = Callable[[str, Sequence[object]], list[Any]]


def find(rows: Rows, logs: LogReader, account_id: int, event_id: str) -> Event | None:
    """``rows`` asks the live database, which is read first: what is over meanwhile is in the log then."""
    key = (account_id, event_id)
    found = rows(_SQL["live_event"], key) or logs.first(_SQL["logged_event"], key)
    return _event_of(found[0]) if found else None


def _event_of(row: Sequence[Any]) -> Event:
    fields = dict(zip(EVENT, row, strict=True))
    fields["facts"] = decode_facts(fields["facts"])
    return Event(**fields)
