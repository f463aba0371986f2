"""How destinations are doing, beyond this process: loaded at the start, saved in the background, told on every change.

Saving is coalesced: at most ``SAVE_MAX`` destinations a second, each as it is then. Successes alone are saved once a
minute.
"""

import functools
import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery, ErrorClass, ExhaustReason
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState
from airhook.core.ports import DeliveryStore, Reports
from airhook.delivery.budgets import Destination
from airhook.delivery.mailbox import Mailbox

SAVE_EVERY_S = 1.0
SAVE_MAX = 200
SUCCESS_EVERY_S = 60.0

log = logging.getLogger("airhook.delivery")


class NoReports:
    """Nobody is told: ``core.ports.Reports``."""

    def exhausted(self, delivery: Delivery, reason: ExhaustReason) -> None:
        pass

    def destination_changed(
        self, key: DestinationKey, state: HealthState, was: HealthState, error: ErrorClass | None
    ) -> None:
        pass


class Standings:
    """Belongs to the engine's thread, but for ``load``, which comes before it."""

    def __init__(self, store: DeliveryStore, mailbox: Mailbox, clock: Clock, reports: Reports) -> None:
        self._store = store
        self._mailbox = mailbox
        self._clock = clock
        self._reports = reports
        self._remembered: dict[DestinationKey, DestinationRow] = {}
        self._unsaved: dict[DestinationKey, Destination] = {}
        self._saving = False
        self._save_at = self._sweep_at = 0.0
        self._told = ""  # the last failure, said once

    def load(self) -> None:
        """Blocking. Raises what the store raises."""
        self._remembered = {row.key: row for row in self._store.troubled()}

    def meet(self, destination: Destination, now: float) -> None:
        """Give a destination that is new in memory what is known of it."""
        row = self._remembered.pop(destination.key, None)
        if row is None:
            destination.since_ms = self._clock.now_ms()
            self._unsaved[destination.key] = destination
            return
        destination.since_ms = row.since_ms
        destination.last_error = row.last_error
        destination.last_success_ms = destination.saved_success_ms = row.last_success_ms
        destination.health.restore(row.state, now)

    def changed(self, destination: Destination, was: HealthState) -> None:
        """Its state is another than ``was`` now."""
        state = destination.state
        if state is was:
            return
        destination.since_ms = self._clock.now_ms()
        self._unsaved[destination.key] = destination
        log.info(
            "Destination %s is %s (was %s)",
            destination.key.origin,
            state,
            was,
            extra={"account_id": destination.key.account_id, "last_error": destination.last_error},
        )
        self._reports.destination_changed(destination.key, state, was, destination.last_error)

    def tick(self, now: float, destinations: Callable[[], Iterable[Destination]]) -> None:
        """Save what has changed, when it is time."""
        if now < self._save_at:
            return
        self._save_at = now + SAVE_EVERY_S
        if now >= self._sweep_at:
            self._sweep_at = now + SUCCESS_EVERY_S
            for destination in destinations():
                if destination.last_success_ms != destination.saved_success_ms:
                    self._unsaved[destination.key] = destination
        if self._unsaved and not self._saving:
            self._save(list(islice(self._unsaved.values(), SAVE_MAX)))

    def save_all(self) -> None:
        """At the end: hand over everything, whatever comes of it."""
        self._save(list(self._unsaved.values()))

    def _save(self, destinations: Sequence[Destination]) -> None:
        for destination in destinations:
            del self._unsaved[destination.key]
            destination.saved_success_ms = destination.last_success_ms
        self._saving = True
        rows = [_row(destination) for destination in destinations]
        self._store.save_standings(
            rows, lambda error: self._mailbox.put(functools.partial(self._saved, destinations, error))
        )

    def _saved(self, destinations: Sequence[Destination], error: Exception | None) -> None:
        self._saving = False
        if error is None:
            self._told = ""
            return
        if str(error) != self._told:
            log.warning("The states of destinations could not be saved; trying again: %s", error)
        self._told = str(error)
        self._unsaved.update((destination.key, destination) for destination in destinations)


def _row(destination: Destination) -> DestinationRow:
    key = destination.key
    return DestinationRow(
        account_id=key.account_id,
        scheme=key.scheme,
        host=key.host,
        port=key.port,
        state=destination.state,
        since_ms=destination.since_ms,
        last_error=destination.last_error,
        last_success_ms=destination.last_success_ms,
    )
