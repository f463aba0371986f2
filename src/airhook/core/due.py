"""What is due, by destination: the engine sees at a glance who has something, and takes of each what it has room for.

So a million deliveries behind one destination that is down cost the others nothing. Times are milliseconds of the wall
clock.
"""

from collections.abc import Sequence

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the database of one destination (``core.destinations.id_of``)."""

    destination: int
    pending_ms: int | None  # when its first pending one is due
    waiting_ms: int | None  # when its first waiting one is due
    next_ms: int | None  # when the first waiting one after the time asked about is due


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """At most so many deliveries of a destination, without those ``in_hand``."""

    destination: int
    limit: int
    in_hand: Sequence[int] = ()
