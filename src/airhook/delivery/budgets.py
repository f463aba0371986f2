"""Whose turn it is: destinations with work, drawn one after another within the node's open requests (design D5).

Destinations in trouble or without a success yet share at most a quarter of the open requests, so that any number of
hung receivers cannot slow a healthy one. Those known to be in trouble start at most half of that quarter, so that
they cannot keep new ones from their first success either. A request that has begun to hang counts against its own
kind only: new and healthy destinations go on while it waits for its time-out. The first requests of a new destination
count as new for half a second only, so that a healthy one waits so long at most for each 128 hung ones before it.

A request that hangs costs nothing but an open socket: it holds its place for three seconds only, and then counts beside
all others, so that one that is well again, or new, does not wait for the time-outs of hundreds that are not.
"""

from collections import OrderedDict, deque
from typing import Protocol

from airhook.core.deliveries import Delivery, ErrorClass
from airhook.core.destinations import DestinationKey, HealthState, Order
from airhook.delivery.health import Health, Share

OPEN_MAX = 1024
DOUBTFUL_PART = 4  # one in four


class Gate(Protocol):
    """An operator's order, as ``gates`` puts it up."""

    @property
    def order(self) -> Order: ...
    def opens_at(self, now: float) -> float: ...
    def take(self, now: float) -> float: ...


class Destination:
    """A destination's waiting deliveries, open requests and health."""

    __slots__ = (
        "counted_as",
        "expiring",
        "fetched",
        "fresh",
        "gate",
        "health",
        "host",
        "key",
        "last_error",
        "last_success_ms",
        "missed",
        "next_ms",
        "open",
        "queue",
        "resolving",
        "ring",
        "saved_success_ms",
        "since_ms",
        "stored",
        "used_at",
    )

    def __init__(self, key: DestinationKey) -> None:
        self.key = key
        self.host = key.host
        self.queue: deque[Delivery] = deque()
        self.open = 0
        self.health = Health()
        self.resolving = False  # waits for its name: takes no turn and holds no slot
        self.counted_as = Share.NEW
        # Ids of its deliveries in hand (``window``): as they were accepted, and out of the database.
        self.fresh: set[int] = set()
        self.fetched: set[int] = set()
        self.stored = False  # the database has more of it that is due
        self.missed = False  # one more stays there since it was asked
        self.next_ms = 0  # one that waits there is due then, as far as is known (wall clock)
        self.expiring = False  # all that was last fetched of it was too old to be sent
        self.ring: OrderedDict[DestinationKey, Destination] | None = None
        self.used_at = 0.0
        self.gate: Gate | None = None
        self.since_ms = 0  # when its state began
        self.last_error: ErrorClass | None = None
        self.last_success_ms: int | None = None
        self.saved_success_ms: int | None = None

    @property
    def state(self) -> HealthState:
        return HealthState.PAUSED if self.gate and self.gate.order.paused else self.health.state


class Budgets:
    """``offer`` a destination whenever its turn may have come; ``take`` draws the next one."""

    def __init__(self, open_max: int = OPEN_MAX, hung_max: int = OPEN_MAX) -> None:
        """So many requests may be open, and beside them so many that hang."""
        self._open_max = open_max
        self._hung_max = hung_max
        self._hung = 0
        self._quarter = max(2, open_max // DOUBTFUL_PART)
        self._open = [0 for _ in Share]
        self._rings: list[OrderedDict[DestinationKey, Destination]] = [OrderedDict() for _ in Share]
        self._turns = deque(Share)

    @property
    def open(self) -> int:
        return sum(self._open)

    def offer(self, destination: Destination, now: float) -> None:
        """Put it in line when it has work and may start some; otherwise take it out."""
        health, gate = destination.health, destination.gate
        wanted = (
            self._rings[health.share]
            if destination.queue
            and not destination.resolving
            and health.may_start(destination.open, now)
            and (gate is None or gate.opens_at(now) <= now)
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
        self._turns.rotate()
        for share in self._turns:
            ring = self._rings[share]
            if ring and self._has_room(share):
                _, destination = ring.popitem(last=False)
                destination.ring = None
                return destination
        return None

    def started(self, destination: Destination) -> bool:
        """Count an open request; whether it is the probe of an open circuit."""
        destination.open += 1
        self._open[destination.counted_as] += 1
        return destination.health.started()

    def hangs(self) -> None:
        """A request has been open for so long that its destination is in trouble. ``ended`` is told of it."""
        self._hung += 1

    def ended(self, destination: Destination, *, hung: bool = False) -> None:
        self._hung -= hung
        destination.open -= 1
        self._open[destination.counted_as] -= 1

    def recount(self, destination: Destination) -> None:
        """Its health has changed: its open requests count where they belong now."""
        share = destination.health.share
        if share is not destination.counted_as:
            self._open[destination.counted_as] -= destination.open
            self._open[share] += destination.open
            destination.counted_as = share

    def _has_room(self, share: Share) -> bool:
        new = self._open[Share.NEW]
        troubled = max(0, self._open[Share.TROUBLED] - min(self._hung, self._hung_max))
        half = self._quarter // 2
        if share is Share.PROVEN:
            return self._open[share] < self._open_max - min(new + troubled, self._quarter)
        if share is Share.NEW:
            return new < self._quarter - min(troubled, half) and new + troubled < self._open_max
        return troubled < half and new + troubled < self._quarter
