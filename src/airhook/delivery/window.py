"""The part of the queue that is in memory: a window over the database (design D4).

Everything here may be forgotten: the database still has it. Not more than ``memory_max`` deliveries are in hand. A
destination may have as many of them as there are free: one alone fills half, two a third each, and there is always room
for one more. One that is down or slow keeps few here. What is beyond its part stays in the database and is fetched
(``intake``) when there is room again; meanwhile what is fetched and what is accepted share its part by halves, so that
neither keeps the other back.
"""

from collections.abc import Callable, Iterator

from airhook.core.deliveries import Delivery
from airhook.core.destinations import DestinationKey, HealthState
from airhook.delivery.budgets import Budgets, Destination
from airhook.delivery.targets import Targets

PART = {HealthState.FAILING: 200, HealthState.PAUSED: 200, HealthState.SLOW: 2000}
"""Deliveries that a destination in trouble keeps in memory; the rest waits in the database."""
LIMITED_PART = 1000
"""The same for one whose rate is limited."""
PARKED_PART = 16
"""All that are in trouble, paused or limited keep together at most one in sixteen."""
FETCHED_PART = 8
"""Those out of the database are together about one in eight: more would hold their bodies to no end. Many destinations
with a few each may fill half of the memory with them."""
FETCHED_MIN = 16
FETCHED_MAX = 2000
"""Of one destination, which may have as many as are missing of that eighth."""
EXPIRING_MAX = 500
"""Of one destination whose backlog is too old to be sent: the outcomes of others wait for the end of so many."""
DESTINATIONS_MAX = 20_000
FORGET_AFTER_S = 600.0


class Window:
    """Deliveries in hand, by destination, until ``let_go``."""

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
        self._met = met
        self._in_hand: dict[int, Destination | None] = {}  # None: its URL cannot be called
        self._parked: set[DestinationKey] = set()
        self._fetched = 0
        self._destinations: dict[DestinationKey, Destination] = {}
        self._by_id: dict[int, Destination] = {}
        self._look_for_idle_at = DESTINATIONS_MAX

    def __len__(self) -> int:
        return len(self._in_hand)

    def __contains__(self, delivery_id: int) -> bool:
        return delivery_id in self._in_hand

    def destinations(self) -> Iterator[Destination]:
        return iter(self._destinations.values())

    def find(self, key: DestinationKey) -> Destination | None:
        return self._destinations.get(key)

    def find_id(self, destination_id: int) -> Destination | None:
        return self._by_id.get(destination_id)

    def add(self, delivery: Delivery, now: float, *, fetched: bool = False) -> Destination | None:
        """Put it in line and give its destination; None when there is no room: it stays in the database only.

        Raises ``ValueError`` for a URL that cannot be called.
        """
        destination = self._destination(delivery, now)
        if not self._has_room(destination, fetched=fetched):
            _miss(destination)
            return None
        self._have(delivery, destination, fetched=fetched)
        destination.queue.append(delivery)
        self._budgets.offer(destination, now)
        return destination

    def pass_by(self, delivery: Delivery, now: float, *, fetched: bool) -> bool:
        """Have it in hand without a place in line, for it is never sent; whether there is room.

        Raises ``ValueError`` for a URL that cannot be called.
        """
        destination = self._destination(delivery, now)
        if (self.fetchable if fetched else self._free) <= 0:
            _miss(destination)
            return False
        self._have(delivery, destination, fetched=fetched)
        return True

    def hold(self, delivery_id: int) -> None:
        self._in_hand[delivery_id] = None

    def let_go(self, delivery_id: int) -> Destination | None:
        """The destination that has room for one more now."""
        destination = self._in_hand.pop(delivery_id, None)
        if destination is not None and delivery_id in destination.fetched:
            destination.fetched.remove(delivery_id)
            self._fetched -= 1
        elif destination is not None:
            destination.fresh.discard(delivery_id)
        return destination

    def room(self, destination: Destination) -> int:
        """How many may be fetched of it now: none as long as it has more than half of what it may.

        What is too old to be sent does not stay, so one in trouble may have more of that than its part.
        """
        expiring = min(EXPIRING_MAX, max(0, self.fetchable))
        limit = expiring if destination.expiring else self._fetched_max(destination)
        have = len(destination.fetched)
        return limit - have if have * 2 <= limit else 0

    @property
    def fetchable(self) -> int:
        """How many may be fetched now, of whatever destination."""
        return min(self._free, _half(self._memory_max) - self._fetched)

    def trim(self, destination: Destination) -> None:
        """Forget what a destination in trouble has in line beyond its part, the newest first."""
        limit = self._part(destination) if destination.queue else None
        while limit is not None and len(destination.queue) > limit:
            self.let_go(destination.queue.pop().id)
            _miss(destination)

    def changed(self, destination: Destination) -> None:
        """Its state is another now, or what was ordered for it."""
        if _part(destination) is None:
            self._parked.discard(destination.key)
        else:
            self._parked.add(destination.key)

    @property
    def _free(self) -> int:
        return max(0, self._memory_max - len(self._in_hand))

    def _have(self, delivery: Delivery, destination: Destination, *, fetched: bool) -> None:
        (destination.fetched if fetched else destination.fresh).add(delivery.id)
        self._fetched += fetched
        self._in_hand[delivery.id] = destination

    def _has_room(self, destination: Destination, *, fetched: bool) -> bool:
        part = self._part(destination)
        if fetched:  # no more than there was room for were asked for
            return self.fetchable > 0 and (part is None or len(destination.fetched) < _half(part))
        if destination.stored:
            return len(destination.fresh) < self._fetched_max(destination)
        limit = self._free if part is None else min(part, self._free)
        return len(destination.fresh) + len(destination.fetched) < limit

    def _fetched_max(self, destination: Destination) -> int:
        missing = self._memory_max // FETCHED_PART - self._fetched
        limit = min(max(missing, FETCHED_MIN), FETCHED_MAX, max(0, self.fetchable))
        part = self._part(destination)
        return limit if part is None else min(limit, _half(part))

    def _part(self, destination: Destination) -> int | None:
        """None: as much as there is room for."""
        part = _part(destination)
        if part is None:
            return None
        together = self._memory_max // PARKED_PART
        return min(part, max(1, together // max(1, len(self._parked))))

    def _destination(self, delivery: Delivery, now: float) -> Destination:
        key = self.targets.key(delivery)
        destination = self._destinations.get(key)
        if destination is None:
            self._forget_idle(now)
            destination = self._destinations[key] = self._by_id[key.id] = Destination(key)
            self._met(destination, now)
        destination.used_at = now
        return destination

    def _forget_idle(self, now: float) -> None:
        if len(self._destinations) < self._look_for_idle_at:
            return
        idle = [
            key
            for key, one in self._destinations.items()
            if not (one.fresh or one.fetched or one.open)
            and one.state is HealthState.HEALTHY
            and now - one.used_at > FORGET_AFTER_S
        ]
        for key in idle:
            del self._destinations[key]
            self._by_id.pop(key.id, None)
        # Not at each new one, when those that are left cannot be forgotten.
        self._look_for_idle_at = max(DESTINATIONS_MAX, len(self._destinations) * 5 // 4)


def _miss(destination: Destination) -> None:
    destination.stored = destination.missed = True


def _half(part: int) -> int:
    return max(1, part // 2)


def _part(destination: Destination) -> int | None:
    part = PART.get(destination.state)
    return LIMITED_PART if part is None and destination.gate is not None else part
