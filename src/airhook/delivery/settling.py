"""Outcomes on their way into the database: what gathers while one commit runs goes with the next (design D2).

Attempts go before deferrals: those were never sent, a crash loses nothing of them, and there may be very many at once
when a destination with a long queue goes down.
"""

import functools
import logging
from collections import deque
from collections.abc import Callable, Sequence

from airhook.core.deliveries import DeliveryState, Outcome
from airhook.core.errors import UnavailableError
from airhook.core.ports import DeliveryStore, Settled
from airhook.delivery.mailbox import Mailbox

BATCH_MAX = 256
DEFERRED_MIN = 64  # of them in a commit, however many attempts wait: they hold a place in memory
FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 5.0
TRIES = 3  # of an outcome that alone cannot be committed, though the database can commit

log = logging.getLogger("airhook.delivery")


class Settler:
    """Belongs to the engine's thread. ``settled`` hears of each commit there; a failed one is tried again."""

    def __init__(
        self,
        store: DeliveryStore,
        mailbox: Mailbox,
        monotonic: Callable[[], float],
        settled: Callable[[Sequence[Outcome], Settled], None],
    ) -> None:
        self._store = store
        self._mailbox = mailbox
        self._monotonic = monotonic
        self._settled = settled
        self._waiting: list[Outcome] = []
        self._deferred: deque[Outcome] = deque()
        self._committing: list[Outcome] = []
        self._at_once = BATCH_MAX
        self._failed_alone = 0
        self._pause_s = FIRST_PAUSE_S
        self.error = ""  # of the last commit, when it failed
        self._not_before = 0.0

    def __len__(self) -> int:
        """Outcomes that are not committed yet, without deferrals that wait."""
        return len(self._waiting) + len(self._committing)

    @property
    def retry_at(self) -> float | None:
        """When a failed commit is tried again (monotonic seconds)."""
        return self._not_before if self._wanted and not self._committing else None

    def add(self, outcome: Outcome) -> None:
        deferred = outcome.attempt is None and outcome.state is DeliveryState.WAITING
        (self._deferred if deferred else self._waiting).append(outcome)

    def flush(self) -> None:
        """Start the next commit, unless one is running or the last has just failed."""
        if not self._wanted or self._committing or self._monotonic() < self._not_before:
            return
        size = self._at_once
        self._committing, self._waiting = self._waiting[:size], self._waiting[size:]
        room = max(size - len(self._committing), DEFERRED_MIN if size == BATCH_MAX else 0)
        self._committing += [self._deferred.popleft() for _ in range(min(room, len(self._deferred)))]
        try:
            self._store.settle(self._committing, self._done)
        except Exception as error:
            self._ended(error)

    @property
    def _wanted(self) -> bool:
        return bool(self._waiting or self._deferred)

    def _done(self, result: Settled | Exception) -> None:
        """Called on the writer's thread."""
        self._mailbox.put(functools.partial(self._ended, result))

    def _ended(self, result: Settled | Exception) -> None:
        batch, self._committing = self._committing, []
        if isinstance(result, Exception):
            self._failed(batch, result)
            return
        self._at_once = min(self._at_once * 2, BATCH_MAX)
        self._pause_s, self._not_before, self.error, self._failed_alone = FIRST_PAUSE_S, 0.0, "", 0
        self._settled(batch, result)

    def _failed(self, batch: list[Outcome], error: Exception) -> None:
        """Try again later; when the database itself is well, in halves, until the bad one stands alone."""
        self.error = str(error) or type(error).__name__
        self._not_before = self._monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)
        if not isinstance(error, UnavailableError):
            self._at_once = max(1, len(batch) // 2)
            self._failed_alone += len(batch) == 1
            if self._failed_alone >= TRIES:
                self._set_aside(batch[0], error)
                return
        log.error("Outcomes of %d attempts could not be committed; trying again: %s", len(batch), error)
        self._waiting = batch + self._waiting

    def _set_aside(self, outcome: Outcome, error: Exception) -> None:
        """A fault of ours. It stays in hand, so that it is not sent again and again, and unsettled in the database."""
        self._failed_alone, self._pause_s, self._not_before, self.error = 0, FIRST_PAUSE_S, 0.0, ""
        log.error(
            "The outcome of delivery %d cannot be committed and is set aside; the delivery is sent again after the "
            "next start: %s",
            outcome.delivery.id,
            error,
        )
