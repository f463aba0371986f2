"""The part of the queue that is in memory: a window over the database (design D4).

Everything here may be forgotten: the database still has it. Not more than ``memory_max`` deliveries are in hand, and
a destination that is down or slow keeps few of them here, so that it cannot take the place of the others.
"""

from collections.abc import Callable, Iterator

from airhook.core.deliveries import Delivery
from airhook.core.destinations import DestinationKey, HealthState
from airhook.delivery.budgets import Budgets, Destination
from airhook.delivery.targets import Targets

QUEUE_MAX = {HealthState.FAILING: 200, HealthState.PAUSED: 200, HealthState.SLOW: 2000}
"""Deliveries that a destination in trouble keeps in memory; the rest waits in the database."""
LIMITED_QUEUE = 1000
"""The same for one whose rate is limited."""
BUSY_QUEUE = 1000
"""When memory is half full, a destination with so many in line gets no more of it."""
PARKED_PART = 16
"""All that are in trouble, paused or limited keep together at most one in sixteen: the database is asked again when
memory is filled to one in eight, which they alone must never do."""
DESTINATIONS_MAX = 20_000
FORGET_AFTER_S = 600.0


class Window:
    """Deliveries in hand, by destination. ``held`` ids are in hand until ``let_go``."""

    def __init__(
        self,
        budgets: Budgets,
        memory_max: int,
        met: Callable[[Destination, float], None] = lambda _, __: None,
    ) -> None:
        """``met`` hears of each destination that is new here."""
        self.targets = Targets()
        self._budgets = budgets
        self._memory_max = memory_max
        self._parked: set[DestinationKey] = set()
        self._met = met
        self._in_hand: set[int] = set()
        self._destinations: dict[DestinationKey, Destination] = {}

    def __len__(self) -> int:
        return len(self._in_hand)

    def __contains__(self, delivery_id: int) -> bool:
        return delivery_id in self._in_hand

    def destinations(self) -> Iterator[Destination]:
        return iter(self._destinations.values())

    def find(self, key: DestinationKey) -> Destination | None:
        return self._destinations.get(key)

    def add(self, delivery: Delivery, now: float) -> Destination | None:
        """Put it in line and give its destination; None when there is no room: it stays in the database only.

        Raises ``ValueError`` for a URL that cannot be called.
        """
        destination = self._destination(delivery, now)
        if not self._has_room(destination):
            return None
        self._in_hand.add(delivery.id)
        destination.queue.append(delivery)
        self._budgets.offer(destination, now)
        return destination

    def hold(self, delivery_id: int) -> None:
        self._in_hand.add(delivery_id)

    def let_go(self, delivery_id: int) -> None:
        self._in_hand.discard(delivery_id)

    def surplus(self, destination: Destination) -> Iterator[Delivery]:
        """Take out what a destination in trouble has in line beyond its part, the newest first."""
        limit = _queue_max(destination)
        if limit is not None:
            together = self._memory_max // PARKED_PART
            limit = min(limit, max(1, together // max(1, len(self._parked))))
        while limit is not None and len(destination.queue) > limit:
            yield destination.queue.pop()

    def changed(self, destination: Destination) -> None:
        """Its state is another now, or what was ordered for it."""
        if _queue_max(destination) is None:
            self._parked.discard(destination.key)
        else:
            self._parked.add(destination.key)

    def _has_room(self, destination: Destination) -> bool:
        if len(self._in_hand) >= self._memory_max:
            return False
        return len(self._in_hand) * 2 < self._memory_max or len(destination.queue) < BUSY_QUEUE

    def _destination(self, delivery: Delivery, now: float) -> Destination:
        key = self.targets.key(delivery)
        destination = self._destinations.get(key)
        if destination is None:
            self._forget_idle(now)
            destination = self._destinations[key] = Destination(key)
            self._met(destination, now)
        destination.used_at = now
        return destination

    def _forget_idle(self, now: float) -> None:
        if len(self._destinations) < DESTINATIONS_MAX:
            return
        idle = [
            key
            for key, one in self._destinations.items()
            if not one.queue
            and not one.open
            and one.state is HealthState.HEALTHY
            and now - one.used_at > FORGET_AFTER_S
        ]
        for key in idle:
            del self._destinations[key]


def _queue_max(destination: Destination) -> int | None:
    """None: as much as there is room for."""
    limit = QUEUE_MAX.get(destination.state)
    return LIMITED_QUEUE if limit is None and destination.gate is not None else limit
