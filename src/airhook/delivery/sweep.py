"""A sweep through the destinations that have something in the database: whom to fetch of, and when to look again."""

from collections.abc import Sequence

from airhook.core.deliveries import Delivery
from airhook.core.due import Line, Want
from airhook.delivery.window import Window

PAGE = 500  # destinations
FETCH = 2000  # deliveries of a page together
UNKNOWN = 64  # of a destination that is not in memory: it may be down
IN_HAND_MAX = 2000  # of a destination that is asked for: they are named, so that they do not come again
NEVER_MS = 1 << 62


class Sweep:
    """``after`` is where the next page begins; ``next_ms`` when something more is due, as far as was seen."""

    def __init__(self, window: Window, *, first: bool) -> None:
        """``first``: since the start; what was pending before it is known to the database alone."""
        self._window = window
        self._first = first
        self.after: int | None = None
        self.next_ms = NEVER_MS
        self.over = False
        self.took = 0

    def wants(self, lines: Sequence[Line], now_ms: int) -> list[Want]:
        """What to fetch of the destinations of a page; the next page comes after it."""
        self.over = len(lines) < PAGE
        self.after = lines[-1].destination if lines else None
        self.next_ms = min([self.next_ms, *(line.next_ms for line in lines if line.next_ms is not None)])
        if self._window.fetchable <= 0:
            return []
        wants = [want for line in lines if (want := self._want(line, now_ms)) is not None]
        part = max(2, FETCH // max(1, len(wants)))
        return [
            Want(destination=one.destination, limit=min(one.limit, part), in_hand=one.in_hand)
            for one in wants
        ]

    def _want(self, line: Line, now_ms: int) -> Want | None:
        waits = line.waiting_ms is not None and line.waiting_ms <= now_ms
        if not waits and (line.pending_ms is None or line.pending_ms > now_ms):
            return None
        destination = self._window.find_id(line.destination)
        if destination is None:
            return Want(destination=line.destination, limit=UNKNOWN)
        in_hand = [*destination.fresh, *destination.fetched]
        room = self._window.room(destination) if len(in_hand) <= IN_HAND_MAX else 0
        if room:
            destination.missed = False
            return Want(destination=line.destination, limit=room, in_hand=in_hand)
        if waits or self._first:
            destination.stored = True
        return None

    def fetched(self, want: Want, found: Sequence[Delivery], new: int, now_ms: int) -> None:
        """These were found of it, and so many of them are new in hand."""
        self.took += new
        destination = self._window.find_id(want.destination)
        if destination is not None:
            destination.stored = len(found) >= want.limit or destination.missed
            destination.expiring = bool(found) and all(one.expires_ms <= now_ms for one in found)
