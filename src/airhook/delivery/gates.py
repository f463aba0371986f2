"""Operators' orders at work: a paused destination starts nothing, a limited one as many a second as it may.

Neither spends attempts: what waits goes out when the gate opens. Times are monotonic seconds.
"""

import math
from collections.abc import Callable, Mapping

from airhook.core.destinations import DestinationKey, HealthState, Order
from airhook.delivery.budgets import Budgets, Destination

BURST_S = 0.1  # of its rate may start at once
EXPIRE_EVERY_S = 1.0


class Gate:
    """The order of one destination: a pause, or a token bucket."""

    __slots__ = ("_filled_at", "_tokens", "order")

    def __init__(self, order: Order, now: float) -> None:
        self.order = order
        self._tokens = 1.0
        self._filled_at = now

    def opens_at(self, now: float) -> float:
        """When the next request may start; not after ``now`` if it may at once."""
        rate = self.order.rate_limit
        if self.order.paused:
            return math.inf
        if rate is None:
            return now
        missing = 1.0 - self._tokens
        return now if missing <= 0 else self._filled_at + missing / rate

    def take(self, now: float) -> float:
        """A request starts now; when the next one may."""
        rate = self.order.rate_limit
        if rate is not None:
            filled = self._tokens + (now - self._filled_at) * rate
            self._tokens = min(filled, max(1.0, rate * BURST_S)) - 1.0
            self._filled_at = now
        return self.opens_at(now)


class Gates:
    """Puts gates up at destinations and takes them away."""

    def __init__(self, budgets: Budgets, find: Callable[[DestinationKey], Destination | None]) -> None:
        self._budgets = budgets
        self._find = find
        self._orders: Mapping[DestinationKey, Order] = {}
        self._paused: dict[DestinationKey, Destination] = {}
        self._expire_at = 0.0

    def meet(self, destination: Destination, now: float) -> None:
        """A destination is new here: it may have had its order before."""
        self._put(destination, self._orders.get(destination.key), now)

    def apply(
        self, orders: Mapping[DestinationKey, Order], now: float
    ) -> list[tuple[Destination, HealthState]]:
        """Follow the orders from now on; the destinations concerned, each with its state before."""
        keys = {
            key for key in orders.keys() | self._orders.keys() if orders.get(key) != self._orders.get(key)
        }
        self._orders = orders
        found = [destination for key in keys if (destination := self._find(key)) is not None]
        changed = [(destination, destination.state) for destination in found]
        for destination in found:
            self._put(destination, orders.get(destination.key), now)
            self._budgets.offer(destination, now)
        return changed

    def to_expire(self, now: float) -> list[Destination]:
        """Paused destinations, once a second: nobody else looks at the age of what they have in line."""
        if not self._paused or now < self._expire_at:
            return []
        self._expire_at = now + EXPIRE_EVERY_S
        return list(self._paused.values())

    def _put(self, destination: Destination, order: Order | None, now: float) -> None:
        destination.gate = Gate(order, now) if order else None
        if order and order.paused:
            self._paused[destination.key] = destination
        else:
            self._paused.pop(destination.key, None)
