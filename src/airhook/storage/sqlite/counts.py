"""How much lies in the live database. Counting reads indexes alone; they are small, but not free: ask seldom."""

from airhook.core.deliveries import DeliveryState
from airhook.core.destinations import HealthState
from airhook.core.stats import StoreCounts
from airhook.storage.sqlite.connect import Database

UNSETTLED = (DeliveryState.HELD, DeliveryState.PENDING, DeliveryState.WAITING)

# The state stands in the text, not behind a "?": only so does SQLite take the partial index.
_COUNT = {state: f"SELECT count(*) FROM deliveries WHERE state = '{state.value}'" for state in UNSETTLED}  # noqa: S608
_ORDERED = "SELECT count(*) FROM deliveries WHERE lane IS NOT NULL"
# From destination to destination, as their index has it.
_OLDEST_DUE = """
WITH RECURSIVE place (destination) AS (
  SELECT min(destination) FROM deliveries WHERE state = '{state}'
  UNION ALL
  SELECT (SELECT min(destination) FROM deliveries WHERE state = '{state}' AND destination > place.destination)
  FROM place WHERE destination IS NOT NULL)
SELECT min((SELECT min(due_ms) FROM deliveries WHERE state = '{state}' AND destination = place.destination))
FROM place
"""
_DESTINATIONS = "SELECT state, count(*) FROM destinations GROUP BY state"


def oldest_due(database: Database) -> int | None:
    """When the longest overdue delivery was due, or the next one will be; quick."""
    states = (DeliveryState.PENDING, DeliveryState.WAITING)
    found = [database.raw.execute(_OLDEST_DUE.format(state=state.value)).fetchone()[0] for state in states]
    return min((due for due in found if due is not None), default=None)


def counts(database: Database) -> StoreCounts:
    deliveries = {state: int(database.raw.execute(sql).fetchone()[0]) for state, sql in _COUNT.items()}
    ordered = int(database.raw.execute(_ORDERED).fetchone()[0])
    found = dict(database.raw.execute(_DESTINATIONS).fetchall())
    return StoreCounts(
        deliveries=deliveries,
        lanes=max(0, ordered - deliveries[DeliveryState.HELD]),  # each lane has one that is not held
        oldest_due_ms=oldest_due(database),
        destinations={state: int(found.get(state.value, 0)) for state in HealthState},
    )
