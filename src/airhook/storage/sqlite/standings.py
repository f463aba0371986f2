"""How destinations are doing: saved for the next start. Operators' orders in the same rows are left alone."""

import sqlite3
from collections.abc import Sequence

import msgspec

from airhook.core.destinations import DestinationRow, HealthState
from airhook.storage.rows import DESTINATIONS
from airhook.storage.sqlite.connect import Database
from airhook.storage.sqlite.queries import insert
from airhook.storage.sqlite.transaction import transaction
from airhook.storage.tables import destinations
from airhook.storage.values import checked

SAVED = ("account_id", "scheme", "host", "port", "state", "since_ms", "last_error", "last_success_ms")

KNOWN_MS = 30 * 86_400_000  # without a success, a change or an order: nobody calls it any more

_FORGET = """
DELETE FROM destinations
WHERE NOT paused AND rate_limit IS NULL AND since_ms < ?1 AND coalesce(last_success_ms, 0) < ?1
"""
_IN_TROUBLE = destinations.c.state.in_([HealthState.SLOW.value, HealthState.FAILING.value])


def save(database: Database, rows: Sequence[DestinationRow]) -> None:
    """Insert, or change what is not an operator's."""
    values = [checked(SAVED, (getattr(row, field) for field in SAVED)) for row in rows]
    with transaction(database.raw):
        insert(database.raw, "save_standings", values)


def forget(raw: sqlite3.Connection, now_ms: int) -> None:
    """Drop those that are long out of use."""
    with transaction(raw):
        raw.execute(_FORGET, (now_ms - KNOWN_MS,))


def in_trouble(database: Database) -> list[DestinationRow]:
    """Those that were slow or failing when they were last saved."""
    found = database.core.execute(DESTINATIONS.select.where(_IN_TROUBLE)).mappings()
    fields = DESTINATIONS.fields
    return [msgspec.convert({field: row[field] for field in fields}, DestinationRow) for row in found]
