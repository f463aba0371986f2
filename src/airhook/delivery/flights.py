"""Requests under way, and what they teach about their destinations."""

import heapq
import logging
from collections import OrderedDict
from collections.abc import Callable

from airhook.core.deliveries import Delivery, ErrorClass
from airhook.core.destinations import HealthState
from airhook.delivery.attempt import Prepared
from airhook.delivery.budgets import Budgets, Destination
from airhook.delivery.classify import CIRCUIT_ERRORS
from airhook.delivery.exchange import Post
from airhook.delivery.health import HESITATES_AFTER_S, SLOW_AFTER_S

log = logging.getLogger("airhook.delivery")


class Flight:
    """One attempt between its signing and its outcome."""

    __slots__ = (
        "began",
        "delivery",
        "destination",
        "dns_ms",
        "hesitates",
        "hung",
        "post",
        "prepared",
        "probe",
    )

    def __init__(
        self, delivery: Delivery, destination: Destination, prepared: Prepared, dns_ms: float, began: float
    ) -> None:
        self.delivery = delivery
        self.destination = destination
        self.prepared = prepared
        self.post: Post | None = None  # kept where the same attempt may go out once more
        self.dns_ms = dns_ms
        self.began = began  # monotonic seconds
        self.hesitates = False  # open for HESITATES_AFTER_S, the destination without success
        self.hung = False  # open for SLOW_AFTER_S
        self.probe = False  # of an open circuit


class Flights:
    """Counts open requests, marks what hangs, and lets probes go when their time has come.

    ``judged`` is called after each request that says something about its destination, ``changed`` when that one's
    state is another now, with the state before.
    """

    def __init__(
        self,
        budgets: Budgets,
        judged: Callable[[Destination], None],
        changed: Callable[[Destination, HealthState], None],
    ) -> None:
        self._budgets = budgets
        self._judged = judged
        self._changed = changed
        self._young: OrderedDict[Flight, None] = OrderedDict()  # open for less than SLOW_AFTER_S
        # Open for less than HESITATES_AFTER_S, begun before their destination's first success.
        self._first: OrderedDict[Flight, None] = OrderedDict()
        # A heap: when an open circuit may be probed, and when a limited destination may start the next request.
        self._probes: list[tuple[float, int, Destination]] = []

    def began(self, flight: Flight) -> None:
        flight.probe = self._budgets.started(flight.destination)
        self._young[flight] = None
        if not flight.destination.health.proven:
            self._first[flight] = None
        gate = flight.destination.gate
        if gate is not None:
            heapq.heappush(
                self._probes, (gate.take(flight.began), id(flight.destination), flight.destination)
            )

    def ended(self, flight: Flight, error: ErrorClass | None, now: float) -> None:
        """Free the slot and judge the destination by how the request ended."""
        self._young.pop(flight, None)
        self._first.pop(flight, None)
        destination = flight.destination
        before = destination.health.state
        self._budgets.ended(destination, hung=flight.hung)
        if flight.hesitates:
            destination.health.came()
        _judge(flight, error, now)
        self._reckon(destination, before, now)

    def next_at(self) -> float | None:
        """When ``tick`` has something to do (monotonic seconds)."""
        hesitates = next(iter(self._first)).began + HESITATES_AFTER_S if self._first else None
        hangs = next(iter(self._young)).began + SLOW_AFTER_S if self._young else None
        probe = self._probes[0][0] if self._probes else None
        return min((at for at in (hesitates, hangs, probe) if at is not None), default=None)

    def tick(self, now: float) -> None:
        """Mark what has just become slow; offer destinations whose probe may go."""
        while self._first and next(iter(self._first)).began + HESITATES_AFTER_S <= now:
            flight, _ = self._first.popitem(last=False)
            flight.hesitates = True
            flight.destination.health.hesitates()
            self._reckon(flight.destination, flight.destination.health.state, now)
        while self._young and next(iter(self._young)).began + SLOW_AFTER_S <= now:
            flight, _ = self._young.popitem(last=False)
            before = flight.destination.health.state
            flight.hung = True
            self._budgets.hangs()
            flight.destination.health.hangs()
            self._reckon(flight.destination, before, now)
        while self._probes and self._probes[0][0] <= now:
            self._budgets.offer(heapq.heappop(self._probes)[2], now)

    def _reckon(self, destination: Destination, before: HealthState, now: float) -> None:
        health = destination.health
        if health.state != before:
            self._changed(destination, before)
        if health.probe_at is not None and not health.probing:
            heapq.heappush(self._probes, (health.probe_at, id(destination), destination))
        self._budgets.recount(destination)
        self._budgets.offer(destination, now)
        self._judged(destination)


def _judge(flight: Flight, error: ErrorClass | None, now: float) -> None:
    health = flight.destination.health
    if error is None:
        health.succeeded(hung=flight.hung)
    elif error in CIRCUIT_ERRORS:
        health.failed(now, hung=flight.hung, probe=flight.probe)
    elif error in (ErrorClass.ADDRESS_REFUSED, ErrorClass.INTERNAL):
        health.told_nothing(hung=flight.hung, probe=flight.probe)
    else:
        health.refused(hung=flight.hung)
