"""A sweep through the destinations that have something in the database: whom to fetch of, and when to look again.

What is pending was offered when it was committed, so only destinations whose rest was left in the database are asked
for it, and those with something that waited for this time. A whole sweep asks of every destination: at the start, and
now and then for what other processes have written.
"""

from collections.abc import Mapping, Sequence

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

    def __init__(self, window: Window, *, whole: bool) -> None:
        self._window = window
        self._whole = whole
        self.after: int | None = None
        self.next_ms = NEVER_MS
        self.over = False
        self.took = 0

    def wants(self, lines: Sequence[Line], now_ms: int, postponed: Mapping[int, int]) -> list[Want]:
        """What to fetch of the destinations of a page; the next page comes after it.

        ``postponed``: when what was settled since the page was asked for is due, by destination; it may lack that.
        """
        self.over = len(lines) < PAGE
        self.after = lines[-1].destination if lines else None
        self.next_ms = min([self.next_ms, *(line.next_ms for line in lines if line.next_ms is not None)])
        if self._window.fetchable <= 0:
            return []
        wants = [want for line in lines if (want := self._want(line, now_ms, postponed)) is not None]
        part = max(2, FETCH // max(1, len(wants)))
        return [
            Want(destination=one.destination, limit=min(one.limit, part), in_hand=one.in_hand)
            for one in wants
        ]

    def _want(self, line: Line, now_ms: int, postponed: Mapping[int, int]) -> Want | None:
        waits = line.waiting_ms is not None and line.waiting_ms <= now_ms
        if not waits and (line.pending_ms is None or line.pending_ms > now_ms):
            return None
        destination = self._window.find_id(line.destination)
        if destination is None:
            return Want(destination=line.destination, limit=UNKNOWN)
        came = waits and destination.next_ms <= now_ms
        if not (destination.stored or came or self._whole):
            return None
        next_ms = NEVER_MS if line.next_ms is None else line.next_ms
        destination.next_ms = min(next_ms, postponed.get(line.destination, NEVER_MS))
        in_hand = len(destination.fresh) + len(destination.fetched)
        room = self._window.room(destination) if in_hand <= IN_HAND_MAX else 0
        if room:
            destination.missed = False
            named = [*destination.fresh, *destination.fetched]
            return Want(destination=line.destination, limit=room, in_hand=named)
        destination.stored = True
        return None

    def fetched(self, want: Want, found: Sequence[Delivery], new: int, *, expiring: bool) -> None:
        """These were found of it, and so many of them are new in hand; ``expiring``: all are too old."""
        self.took += new
        destination = self._window.find_id(want.destination)
        if destination is not None:
            destination.stored = len(found) >= want.limit or destination.missed
            destination.expiring = expiring
