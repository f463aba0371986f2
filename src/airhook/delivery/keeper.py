"""Everything about destinations but their requests: what is known of new ones, what operators order, what must wait."""

from collections.abc import Callable, Mapping

from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery, Outcome
from airhook.core.destinations import DestinationKey, HealthState, Order
from airhook.delivery import attempt
from airhook.delivery.budgets import Budgets, Destination
from airhook.delivery.gates import Gates
from airhook.delivery.standings import Standings
from airhook.delivery.window import Window


class Keeper:
    """Belongs to the engine's thread, but for ``load``, which comes before it. ``settle`` takes outcomes.

    What is too old is so by ``believed``, a time that is never ahead of the clock's (``core.believed``).
    """

    def __init__(
        self,
        standings: Standings,
        budgets: Budgets,
        memory_max: int,
        clock: Clock,
        believed: Clock,
        settle: Callable[[Outcome], None],
    ) -> None:
        self._standings = standings
        self._budgets = budgets
        self._clock = clock
        self._believed = believed
        self._settle = settle
        self.window = Window(budgets, memory_max, self._met)
        self._gates = Gates(budgets, self.window.find)

    def load(self) -> None:
        """Remember how destinations were doing. Blocking; raises what the store raises."""
        self._standings.load()

    def save(self) -> None:
        """At the end."""
        self._standings.save_all()

    def tick(self, now: float) -> None:
        self._standings.tick(now, self.window.destinations)
        for destination in self._gates.to_expire(now):
            while destination.queue and self.too_old(destination.queue[0]):
                self.expire(destination.queue.popleft())

    def too_old(self, delivery: Delivery) -> bool:
        """Whether it is not to be sent any more."""
        ends_ms = delivery.expires_ms
        # In this order: the clock is asked several times for each delivery, and costs a seventh.
        return ends_ms <= self._clock.now_ms() and ends_ms <= self._believed.now_ms()

    def expire(self, delivery: Delivery) -> None:
        """It is too old to be sent: end it."""
        self._settle(attempt.expire(delivery))

    def changed(self, destination: Destination, was: HealthState) -> None:
        """Its state is another than ``was`` now."""
        self.window.changed(destination)
        self._standings.changed(destination, was)

    def obey(self, orders: Mapping[DestinationKey, Order]) -> None:
        """Follow what operators order from now on."""
        for destination, was in self._gates.apply(orders, self._clock.monotonic()):
            self.changed(destination, was)
            self.window.trim(destination)

    def _met(self, destination: Destination, now: float) -> None:
        self._standings.meet(destination, now)
        self._gates.meet(destination, now)
        self.window.changed(destination)
        self._budgets.recount(destination)
