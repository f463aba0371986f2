"""How many things of a kind may be under way at once.

An export holds memory for as long as somebody takes to read it; a list that counts all of a busy day takes a second of a
thread, whether the one who asked still waits for it or not.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from airhook.core.errors import UnavailableError

OF_ACCOUNT, ALTOGETHER = 4, 16


class Turns:
    """Used on the event loop alone. ``what`` names them, in the plural."""

    def __init__(self, what: str, of_account: int = OF_ACCOUNT, altogether: int = ALTOGETHER) -> None:
        self._what = what
        self._of_account = of_account
        self._altogether = altogether
        self._taken: Counter[int | None] = Counter()

    @contextmanager
    def taken(self, account_id: int | None) -> Iterator[None]:
        """One more of an account (None: of all of them). Raises ``UnavailableError`` when there are too many."""
        if self._taken[account_id] >= self._of_account or self._taken.total() >= self._altogether:
            raise UnavailableError(f"Too many {self._what} are under way; wait until one of them has ended.")
        self._taken[account_id] += 1
        try:
            yield
        finally:
            self._taken[account_id] -= 1
            if not self._taken[account_id]:
                del self._taken[account_id]
