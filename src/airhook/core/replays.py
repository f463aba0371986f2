"""A replay: all deliveries of a search, or chosen ones, sent once more, as a job that outlives its process.

::

    counting --> paused <--> running --> done
        |           |           |
        +-----------+-----------+--> cancelled

``counting`` writes down which deliveries the search finds, so that what comes later is none of it, and the count is known
before the first one is sent. Each of them is crossed out in the commit that makes its repeat: whatever happens, none is
made twice. Repeats are deliveries of the same event outside every lane. Chosen deliveries are written down with the replay
itself: nothing is left to be counted.
"""

import enum

import msgspec

from airhook.core.search import Filter

MAX_RATE = 1000  # repeats a second
DEFAULT_RATE = 50
MAX_CHOSEN = 100  # deliveries by their ids; for more there are searches
MAX_UNDER_WAY = 1000  # repeats of one replay that have not ended; most of them wait to be tried again
MAX_IN_LINE = 100  # of those, the ones that wait for their first attempt: live deliveries come after them


class ReplayState(enum.StrEnum):
    COUNTING = "counting"
    PAUSED = "paused"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset({ReplayState.COUNTING, ReplayState.PAUSED, ReplayState.RUNNING})


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """Times are milliseconds since the UNIX epoch. ``made`` counts repeats, of which some have ended by now."""

    id: int
    account_id: int
    wanted: Filter
    rate: int  # repeats a second at most
    state: ReplayState
    starts: bool  # by itself, once it is counted
    created_ms: int
    cursor: int  # while counting: ids below it have not been looked at
    counted: int = 0
    made: int = 0
    skipped: int = 0  # their template is gone, or they have left the log
    delivered: int = 0
    exhausted: int = 0
    ended_ms: int | None = None
    chosen: list[int] = []  # deliveries that were named one by one; empty: all that ``wanted`` finds

    @property
    def under_way(self) -> int:
        return self.made - self.delivered - self.exhausted
