"""What comes into the engine's hands: what was just accepted, and what is due in the database when there is room for it."""

import functools
import logging
from collections.abc import Callable, Sequence

from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery, DeliveryState, Outcome
from airhook.core.ports import DeliveryStore
from airhook.delivery.feeder import Fed, Feeder
from airhook.delivery.keeper import Keeper
from airhook.delivery.mailbox import Mailbox

FETCH = 2000  # rows asked for at a time, beside those in hand
LOW_WATER_PART = 8  # the database is asked again when memory is filled to one in eight
HELD_EVERY_S = 1.0
LOOK_EVERY_S = 2.0  # at least: the wall clock may have been set back
BUSY_PAUSE_S = 0.02  # between two fetches that brought something
IDLE_PAUSE_S = 0.25  # after one that did not, or failed
NEVER_MS = 1 << 62

log = logging.getLogger("airhook.delivery")


class Intake:
    """Belongs to the engine's thread, but for ``offer``. ``uncallable`` hears of a delivery whose URL cannot be called."""

    def __init__(
        self,
        store: DeliveryStore,
        mailbox: Mailbox,
        keeper: Keeper,
        clock: Clock,
        memory_max: int,
        uncallable: Callable[[Delivery, str], None],
    ) -> None:
        self._store = store
        self._mailbox = mailbox
        self._keeper = keeper
        self._window = keeper.window
        self._clock = clock
        self._low_water = memory_max // LOW_WATER_PART
        self._uncallable = uncallable
        self._feeder = Feeder(store, mailbox, self._fed)
        self._let_go: set[int] = set()  # what was settled while the database is being asked
        self._look_at_ms = 0  # something is due in the database then (wall clock)
        self._look_not_before = self._look_latest = 0.0
        self._held_not_before = 0.0

    def start(self) -> None:
        self._feeder.start()

    def stop(self) -> None:
        self._feeder.stop()

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """Take what has just been committed; of held ones only the time when they are free anyhow. On any thread."""
        fresh = [delivery for delivery in deliveries if delivery.state is not DeliveryState.HELD]
        if fresh:
            self._mailbox.put(functools.partial(self.take, fresh))
        if len(fresh) < len(deliveries):
            free_ms = min(one.hold_until_ms for one in deliveries if one.state is DeliveryState.HELD)
            self._mailbox.put(functools.partial(self._look_by, free_ms))

    def take(self, deliveries: Sequence[Delivery]) -> int:
        """How many of them are new in hand."""
        now = self._clock.monotonic()
        return sum(
            self._take_one(delivery, now) for delivery in deliveries if delivery.id not in self._window
        )

    def settled(self, outcome: Outcome) -> None:
        """It is committed, and in hand no more."""
        self._window.let_go(outcome.delivery.id)
        if self._feeder.asked:
            self._let_go.add(outcome.delivery.id)
        if outcome.due_ms is not None:
            self._look_by(outcome.due_ms)

    def look(self, now: float) -> None:
        """Ask the database for what is due, when something is and there is room for it."""
        now_ms = self._clock.now_ms()
        if (
            not self._has_room
            or (now_ms < self._look_at_ms and now < self._look_latest)
            or now < self._look_not_before
        ):
            return
        if now >= self._held_not_before:
            self._held_not_before = now + HELD_EVERY_S
            self._store.promote_held(now_ms, self._promoted)
        self._look_at_ms, self._look_latest = NEVER_MS, now + LOOK_EVERY_S
        self._feeder.ask(now_ms, len(self._window) + FETCH)

    def next_look_s(self, now: float) -> float | None:
        """Seconds until ``look`` has something to do; None: not before something else happens."""
        if not self._has_room:
            return None
        due_s = (self._look_at_ms - self._clock.now_ms()) / 1000
        return max(min(due_s, self._look_latest - now), self._look_not_before - now)

    @property
    def _has_room(self) -> bool:
        return not self._feeder.asked and len(self._window) <= self._low_water

    def _take_one(self, delivery: Delivery, now: float) -> bool:
        try:
            destination = self._window.add(delivery, now)
        except ValueError as error:
            self._window.hold(delivery.id)
            self._uncallable(delivery, str(error))
            return True
        if destination is None:
            self._look_at_ms = 0  # no room: the database is asked when there is
            return False
        self._keeper.defer_surplus(destination)
        return True

    def _look_by(self, due_ms: int) -> None:
        self._look_at_ms = min(self._look_at_ms, due_ms)

    def _fed(self, fed: Fed | Exception) -> None:
        now = self._clock.monotonic()
        if isinstance(fed, Exception):
            log.error("The database could not be asked for what is due; trying again: %s", fed)
            self._look_at_ms, self._look_not_before = 0, now + IDLE_PAUSE_S
            return
        # What ended while the database was read may be in its answer still.
        fresh = self.take([delivery for delivery in fed.deliveries if delivery.id not in self._let_go])
        self._let_go.clear()
        self._look_not_before = now + (BUSY_PAUSE_S if fresh else IDLE_PAUSE_S)
        if fed.more:
            self._look_at_ms = 0
        elif fed.next_due_ms is not None:
            self._look_by(fed.next_due_ms)

    def _promoted(self, result: list[Delivery] | Exception) -> None:
        """Called on the writer's thread."""
        if isinstance(result, Exception):
            log.error("Held deliveries could not be freed; trying again: %s", result)
        elif result:
            self._mailbox.put(functools.partial(self.take, result))
