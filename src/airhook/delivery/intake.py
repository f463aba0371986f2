"""What comes into the engine's hands: what was just accepted, and what is due in the database when there is room for it.

The database is asked in sweeps, page after page of the destinations that have something there (``sweep``): of each one
that has room and may have more than is in hand, what is due. Sweeps begin when something that waited is due, or when a
destination whose rest lies in the database has room again.
"""

import functools
import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery, DeliveryState, Outcome
from airhook.core.due import Line, Want
from airhook.core.ports import DeliveryStore
from airhook.delivery import sweep
from airhook.delivery.budgets import Destination
from airhook.delivery.feeder import Feeder
from airhook.delivery.keeper import Keeper
from airhook.delivery.mailbox import Mailbox
from airhook.delivery.sweep import NEVER_MS, Sweep

HELD_EVERY_S = 1.0
LOOK_EVERY_S = 2.0  # at everything: other processes write, too, and the wall clock may have been set back
BUSY_PAUSE_S = 0.02  # after a sweep that brought something
IDLE_PAUSE_S = 0.25  # after one that did not, or failed
BUSY_PART = 1  # and so many times as long as it took
REST_PART = 4  # the same, after one that did not

Fetched = list[tuple[Want, list[Delivery]]]
T = TypeVar("T")

log = logging.getLogger("airhook.delivery")


class Intake:
    """Belongs to the engine's thread, but for ``offer``. ``uncallable`` hears of a delivery whose URL cannot be called."""

    def __init__(
        self,
        store: DeliveryStore,
        mailbox: Mailbox,
        keeper: Keeper,
        clock: Clock,
        uncallable: Callable[[Delivery, str], None],
    ) -> None:
        self._store = store
        self._mailbox = mailbox
        self._keeper = keeper
        self._window = keeper.window
        self._clock = clock
        self._uncallable = uncallable
        self._feeder = Feeder(mailbox)
        self._sweep: Sweep | None = None  # the one under way
        self._began = 0.0
        self._let_go: set[int] = set()  # what was settled while the database is being asked
        self._postponed: dict[int, int] = {}  # and when it is due again, the first one of each destination
        self._look_at_ms = 0  # something is due in the database then (wall clock)
        self._look_not_before = self._look_latest = 0.0
        self._held_not_before = 0.0
        self._freeing = False  # held ones are being freed: one such order at a time waits for the writer

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

    def take(self, deliveries: Sequence[Delivery], *, fetched: bool = False) -> int:
        """How many of them are new in hand."""
        now = self._clock.monotonic()
        new = [delivery for delivery in deliveries if delivery.id not in self._window]
        return sum(self._take_one(delivery, now, fetched=fetched) for delivery in new)

    def settled(self, outcome: Outcome) -> None:
        """It is committed, and in hand no more."""
        destination = self._window.let_go(outcome.delivery.id)
        if self._feeder.asked:
            self._let_go.add(outcome.delivery.id)
        if outcome.due_ms is not None:
            self._look_by(outcome.due_ms)
            if destination is not None:
                self._postpone(destination, outcome.due_ms)
        if destination is not None and destination.stored and self._window.room(destination):
            self._look_at_ms = 0

    def look(self, now: float) -> None:
        """Ask the database for what is due, when something is."""
        now_ms = self._clock.now_ms()
        if (
            self._sweep is not None
            or (now_ms < self._look_at_ms and now < self._look_latest)
            or now < self._look_not_before
        ):
            return
        if now >= self._held_not_before and not self._freeing:
            self._held_not_before = now + HELD_EVERY_S
            self._freeing = True
            self._store.promote_held(now_ms, self._promoted)
        self._look_at_ms, whole = NEVER_MS, now >= self._look_latest
        if whole:
            self._look_latest = now + LOOK_EVERY_S
        self._sweep, self._began = Sweep(self._window, whole=whole), now
        self._ask_page(self._sweep)

    def next_look_s(self, now: float) -> float | None:
        """Seconds until ``look`` has something to do; None: not before something else happens."""
        if self._sweep is not None:
            return None
        due_s = (self._look_at_ms - self._clock.now_ms()) / 1000
        return max(min(due_s, self._look_latest - now), self._look_not_before - now)

    def _take_one(self, delivery: Delivery, now: float, *, fetched: bool) -> bool:
        try:
            if self._keeper.too_old(delivery):
                return self._end_old(delivery, now, fetched=fetched)
            return self._window.add(delivery, now, fetched=fetched) is not None
        except ValueError as error:
            self._window.hold(delivery.id)
            self._uncallable(delivery, str(error))
            return True

    def _end_old(self, delivery: Delivery, now: float, *, fetched: bool) -> bool:
        """Not in its turn: that may never come, and those behind it are too old as well."""
        has_room = self._window.pass_by(delivery, now, fetched=fetched)
        if has_room:
            self._keeper.expire(delivery)
        return has_room

    def _look_by(self, due_ms: int) -> None:
        self._look_at_ms = min(self._look_at_ms, due_ms)

    def _postpone(self, destination: Destination, due_ms: int) -> None:
        destination.next_ms = min(destination.next_ms, due_ms)
        if self._feeder.asked:
            known_ms = self._postponed.get(destination.key.id, NEVER_MS)
            self._postponed[destination.key.id] = min(known_ms, due_ms)

    def _ask_page(self, under_way: Sweep) -> None:
        self._postponed.clear()
        self._feeder.ask(
            functools.partial(self._read_page, self._clock.now_ms(), under_way.after),
            functools.partial(self._go_on, under_way, self._paged),
        )

    def _read_page(self, now_ms: int, after: int | None) -> tuple[list[Line], int | None]:
        """On the feeder's thread."""
        held_ms = self._store.next_held() if after is None else None
        return self._store.lines(now_ms, after, sweep.PAGE), held_ms

    def _go_on(self, under_way: Sweep, step: Callable[[Sweep, T], None], answer: T | Exception) -> None:
        """Take the answer of the database. What fails ends this sweep, and the next one comes."""
        if isinstance(answer, Exception):
            self._failed(answer)
            return
        try:
            step(under_way, answer)
        except Exception as error:
            self._failed(error)
            raise

    def _paged(self, under_way: Sweep, answer: tuple[list[Line], int | None]) -> None:
        lines, held_ms = answer
        if held_ms is not None:
            self._look_by(held_ms)
        now_ms = self._clock.now_ms()
        wants = under_way.wants(lines, now_ms, self._postponed)
        if not wants:
            self._page_over(under_way)
            return
        self._let_go.clear()
        self._feeder.ask(
            lambda: list(zip(wants, self._store.due(now_ms, wants), strict=True)),
            functools.partial(self._go_on, under_way, self._fetched),
        )

    def _fetched(self, under_way: Sweep, answer: Fetched) -> None:
        for want, found in answer:
            # What ended while the database was read may be in its answer still.
            fresh = [delivery for delivery in found if delivery.id not in self._let_go]
            new = self.take(fresh, fetched=True)
            under_way.fetched(
                want, found, new, expiring=bool(found) and all(map(self._keeper.too_old, found))
            )
        self._page_over(under_way)

    def _page_over(self, under_way: Sweep) -> None:
        if not under_way.over:
            self._ask_page(under_way)
            return
        now = self._clock.monotonic()
        pause_s, part = (BUSY_PAUSE_S, BUSY_PART) if under_way.took else (IDLE_PAUSE_S, REST_PART)
        self._look_not_before = now + min(max(pause_s, part * (now - self._began)), LOOK_EVERY_S)
        self._look_by(under_way.next_ms)
        self._sweep = None

    def _failed(self, error: Exception) -> None:
        why = str(error) or type(error).__name__
        log.error("What is due could not be fetched from the database; trying again: %s", why)
        self._look_at_ms, self._look_not_before = 0, self._clock.monotonic() + IDLE_PAUSE_S
        self._look_latest = 0.0  # whole: what this one was to ask for is not known any more
        self._sweep = None

    def _promoted(self, result: list[Delivery] | Exception) -> None:
        """Called on the writer's thread."""
        self._freeing = False
        if isinstance(result, Exception):
            log.error("Held deliveries could not be freed; trying again: %s", result)
        elif result:
            self._mailbox.put(functools.partial(self.take, result))
