"""Outcomes that failed alone, while those beside them were committed: each is tried again by itself, ever later.

The error may pass without being one that is known to pass, so a suspect is given up only after several tries, over
``PATIENCE_S`` seconds at least, and only when another outcome was committed meanwhile: that proves that the database is well.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from airhook.core.deliveries import Outcome

FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 60.0
TRIES = 5
PATIENCE_S = FIRST_PAUSE_S * (2 ** (TRIES - 1) - 1)  # between the first try and the last


@dataclass(slots=True, order=True)
class Suspect:
    """Ordered by when it is tried again (monotonic seconds)."""

    retry_at: float
    outcome: Outcome = field(compare=False)
    commits: int = field(compare=False)  # that there were when it failed first
    tries: int = field(compare=False, default=1)


class Suspects:
    """Belongs to the engine's thread. ``commits`` counts what others have committed."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.commits = 0
        self._monotonic = monotonic
        self._waiting: list[Suspect] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def next_at(self) -> float | None:
        """When the next one is tried again (monotonic seconds)."""
        return self._waiting[0].retry_at if self._waiting else None

    def add(self, outcome: Outcome) -> None:
        """It has failed alone for the first time."""
        heapq.heappush(self._waiting, Suspect(self._monotonic() + FIRST_PAUSE_S, outcome, self.commits))

    def take(self) -> Suspect | None:
        """One whose time has come; ``put_back`` it or ``failed`` when it is not committed."""
        if self._waiting and self._waiting[0].retry_at <= self._monotonic():
            return heapq.heappop(self._waiting)
        return None

    def put_back(self, suspect: Suspect) -> None:
        """The database could not commit anything, so this was no try."""
        heapq.heappush(self._waiting, suspect)

    def failed(self, suspect: Suspect) -> bool:
        """Once more. Whether it is tried again; otherwise it is given up, and not in here any more."""
        suspect.tries += 1
        if suspect.tries >= TRIES and self.commits > suspect.commits:
            return False
        suspect.retry_at = self._monotonic() + min(FIRST_PAUSE_S * 2 ** (suspect.tries - 1), MAX_PAUSE_S)
        heapq.heappush(self._waiting, suspect)
        return True
