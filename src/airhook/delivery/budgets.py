"""Whose turn it is: destinations with work, drawn one after another within the node's open requests (design D5).

Destinations in trouble or without a success yet share at most a quarter of the open requests, so that any number of
hung receivers cannot slow a healthy one. What hangs beyond the quarter (healthy a moment ago) does not count against
the healthy either; ``unsettled_max`` of the engine bounds the sum.
"""

from collections import OrderedDict, deque

from airhook.core.deliveries import Delivery
from airhook.delivery.health import Health
from airhook.delivery.targets import DestinationKey

OPEN_MAX = 1024
TROUBLED_PART = 4  # one in four


class Destination:
    """A destination's waiting deliveries, open requests and health."""

    __slots__ = ("counted_troubled", "health", "host", "key", "open", "queue", "resolving", "ring", "used_at")

    def __init__(self, key: DestinationKey) -> None:
        self.key = key
        self.host = key.host
        self.queue: deque[Delivery] = deque()
        self.open = 0
        self.health = Health()
        self.resolving = False  # waits for its name: takes no turn and holds no slot
        self.counted_troubled = True
        self.ring: OrderedDict[DestinationKey, Destination] | None = None
        self.used_at = 0.0


class Budgets:
    """``offer`` a destination whenever its turn may have come; ``take`` draws the next one."""

    def __init__(self, open_max: int = OPEN_MAX) -> None:
        self._open_max = open_max
        self._quarter = max(1, open_max // TROUBLED_PART)
        self._open = {False: 0, True: 0}  # by troubled
        self._rings: dict[bool, OrderedDict[DestinationKey, Destination]] = {
            False: OrderedDict(),
            True: OrderedDict(),
        }
        self._turn = False

    @property
    def open(self) -> int:
        return self._open[False] + self._open[True]

    def offer(self, destination: Destination, now: float) -> None:
        """Put it in line when it has work and may start some; otherwise take it out."""
        health = destination.health
        wanted = (
            self._rings[health.troubled]
            if destination.queue and not destination.resolving and health.may_start(destination.open, now)
            else None
        )
        if destination.ring is wanted:
            return
        if destination.ring is not None:
            del destination.ring[destination.key]
        if wanted is not None:
            wanted[destination.key] = destination
        destination.ring = wanted

    def take(self) -> Destination | None:
        """The destination whose turn it is, now out of line; ``offer`` it again afterwards."""
        self._turn = not self._turn
        for troubled in (self._turn, not self._turn):
            ring = self._rings[troubled]
            if ring and self._has_room(troubled=troubled):
                _, destination = ring.popitem(last=False)
                destination.ring = None
                return destination
        return None

    def started(self, destination: Destination) -> bool:
        """Count an open request; whether it is the probe of an open circuit."""
        destination.open += 1
        self._open[destination.counted_troubled] += 1
        return destination.health.started()

    def ended(self, destination: Destination) -> None:
        destination.open -= 1
        self._open[destination.counted_troubled] -= 1

    def recount(self, destination: Destination) -> None:
        """Its health has changed: its open requests count where they belong now."""
        troubled = destination.health.troubled
        if troubled != destination.counted_troubled:
            self._open[not troubled] -= destination.open
            self._open[troubled] += destination.open
            destination.counted_troubled = troubled

    def _has_room(self, *, troubled: bool) -> bool:
        if troubled:
            return self._open[True] < self._quarter
        return self._open[False] < self._open_max - min(self._open[True], self._quarter)
