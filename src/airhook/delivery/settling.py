"""Outcomes on their way into the database: what gathers while one commit runs goes with the next (design D2)."""

import functools
import logging
from collections.abc import Callable, Sequence

from airhook.core.deliveries import Outcome
from airhook.core.errors import UnavailableError
from airhook.core.ports import DeliveryStore, Settled
from airhook.delivery.mailbox import Mailbox
from airhook.delivery.suspects import Suspect, Suspects

BATCH_MAX = 256
FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 5.0

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
        self._committing: list[Outcome] = []
        self._suspects = Suspects(monotonic)
        self._suspect: Suspect | None = None  # that is being committed
        self._suspects_turn = False
        self._at_once = BATCH_MAX
        self._pause_s = FIRST_PAUSE_S
        self.error = ""  # of the last commit, when it failed
        self._not_before = 0.0

    def __len__(self) -> int:
        """Outcomes that are not committed yet."""
        return len(self._waiting) + len(self._committing) + len(self._suspects)

    @property
    def retry_at(self) -> float | None:
        """When a failed commit is tried again (monotonic seconds)."""
        if self._committing:
            return None
        at = self._not_before if self._waiting else self._suspects.next_at
        return None if at is None else max(at, self._not_before)

    def add(self, outcome: Outcome) -> None:
        self._waiting.append(outcome)

    def flush(self) -> None:
        """Start the next commit, unless one is running or the last has just failed."""
        if self._committing or self._monotonic() < self._not_before:
            return
        self._committing = self._next()
        if not self._committing:
            return
        try:
            self._store.settle(self._committing, self._done)
        except Exception as error:
            self._ended(error)

    def _next(self) -> list[Outcome]:
        """What is committed now. A suspect whose time has come stands alone, and takes turns with the others."""
        self._suspects_turn = not self._suspects_turn or not self._waiting
        if self._suspects_turn and (suspect := self._suspects.take()):
            self._suspect = suspect
            return [suspect.outcome]
        size = self._at_once
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        return batch

    def _done(self, result: Settled | Exception) -> None:
        """Called on the writer's thread."""
        self._mailbox.put(functools.partial(self._ended, result))

    def _ended(self, result: Settled | Exception) -> None:
        batch, self._committing = self._committing, []
        suspect, self._suspect = self._suspect, None
        if isinstance(result, UnavailableError):
            self._unavailable(batch, suspect, result)
            return
        self._pause_s, self._not_before = FIRST_PAUSE_S, 0.0
        if isinstance(result, Exception):
            self._failed(batch, suspect, result)
            return
        self._suspects.commits += 1
        self._at_once = min(self._at_once * 2, BATCH_MAX)
        self.error = ""
        self._settled(batch, result)

    def _unavailable(self, batch: list[Outcome], suspect: Suspect | None, error: Exception) -> None:
        """The database can commit nothing now. Try again later."""
        self._tell(batch, error)
        self._not_before = self._monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, MAX_PAUSE_S)
        if suspect:
            self._suspects.put_back(suspect)
        else:
            self._waiting = batch + self._waiting

    def _failed(self, batch: list[Outcome], suspect: Suspect | None, error: Exception) -> None:
        """One of them is bad: go on at once, in halves, until it stands alone."""
        if suspect and not self._suspects.failed(suspect):
            _set_aside(suspect.outcome, error)
            return
        self._tell(batch, error)
        if len(batch) > 1:
            self._at_once = len(batch) // 2
            self._waiting = batch + self._waiting
        elif not suspect:
            self._suspects.add(batch[0])

    def _tell(self, batch: list[Outcome], error: Exception) -> None:
        self.error = str(error) or type(error).__name__
        log.error("Outcomes of %d attempts could not be committed; trying again: %s", len(batch), error)


def _set_aside(outcome: Outcome, error: Exception) -> None:
    """A fault of ours. It stays in hand, so that it is not sent again and again, and unsettled in the database."""
    log.error(
        "The outcome of delivery %d cannot be committed, though others can, and is set aside; the delivery is sent "
        "again after the next start: %s",
        outcome.delivery.id,
        error,
    )
