"""One transaction for many items: those that fail are found and left out, the rest is committed (design D2)."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from airhook.core import failpoints
from airhook.storage.sqlite.connect import unavailable

T = TypeVar("T")


@contextmanager
def transaction(raw: sqlite3.Connection) -> Iterator[None]:
    """Begin as a writer, commit at the end, undo everything when anything is raised.

    One that wrote nothing costs no sync, and does not count for the fail points.
    """
    raw.execute("BEGIN IMMEDIATE")
    before = raw.total_changes
    try:
        yield
        wrote = raw.total_changes != before
        if wrote:
            failpoints.hit("writer.before_commit")
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    if wrote:
        failpoints.hit("writer.after_commit")


def isolate(
    items: Sequence[T],
    error: Exception,
    commit: Callable[[Sequence[T]], None],
    failed: Callable[[Sequence[T], Exception], None],
) -> None:
    """After ``commit(items)`` raised ``error``: commit each half by itself, until the bad item stands alone.

    When the database as a whole cannot commit, all have ``failed`` with ``UnavailableError``: parts of them would not
    fare better.
    """
    down = unavailable(error)
    if down or len(items) == 1:
        failed(items, down or error)
        return
    middle = len(items) // 2
    for half in (items[:middle], items[middle:]):
        try:
            commit(half)
        except Exception as again:
            isolate(half, again, commit, failed)
