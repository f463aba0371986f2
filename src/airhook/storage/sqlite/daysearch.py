"""Asking one day's index: which deliveries have these values, newest first."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from airhook.core.search import Filter
from airhook.storage.sqlite.connect import connect
from airhook.storage.sqlite.dayfiles import DayFiles
from airhook.storage.sqlite.logindex import create, fits, mark_of, unindexed
from airhook.storage.sqlite.logs import SIDES
from airhook.storage.sqlite.queries import keys

COUNTED = 2000  # postings of a term, at most, when the rarest one is chosen

_IS = ("domain", "stream", "event_type", "url", "destination")
_BECAME = (
    "status",
    "error",
    "state",
)  # a day may tell of one and not of another; the first that is asked for counts
_TERM = "SELECT id FROM terms WHERE field = ? AND value = ? AND account_id = ?"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM postings WHERE term = ? LIMIT ?)"
_CHUNK = "SELECT delivery FROM postings WHERE term = ? AND delivery >= ? AND delivery < ? ORDER BY delivery DESC LIMIT ?"
_OF_EVENT = """
SELECT delivery FROM event_deliveries WHERE event_id = ? AND delivery >= ? AND delivery < ? ORDER BY delivery DESC LIMIT ?"""
_FITTING = "SELECT value FROM json_each(?) WHERE 1"
_HAS = " AND EXISTS (SELECT 1 FROM postings WHERE term = ? AND delivery = value)"


class Candidates:
    """Deliveries that may be wanted, by the rarest of the values; the other values leave few of them."""

    def __init__(
        self, raw: sqlite3.Connection, statement: str, driver: object, others: Sequence[int]
    ) -> None:
        self._raw = raw
        self._statement = statement
        self._driver = driver
        self._others = others

    def chunk(self, low: int, high: int, size: int) -> list[int]:
        """Ids from ``low`` to below ``high``, newest first."""
        return [one for (one,) in self._raw.execute(self._statement, (self._driver, low, high, size))]

    def fitting(self, ids: Sequence[int]) -> Sequence[int]:
        """Those that have the other values, too; newest first."""
        if not self._others or not ids:
            return ids
        statement = _FITTING + _HAS * len(self._others)
        return sorted(
            (one for (one,) in self._raw.execute(statement, (keys(ids), *self._others))), reverse=True
        )


class DaySearch:
    """The index of a day, with its log beside it as ``day``. Raises ``sqlite3.DatabaseError``."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    @classmethod
    @contextmanager
    def of(cls, files: DayFiles, log: Path, index: Path | None) -> Iterator["DaySearch"]:
        """Without ``index``, or while there is none, nothing is indexed."""
        if index is None or not index.exists():
            with closing(_attached(log, None)) as raw:
                yield cls(raw)
            return
        with files.reading((log, index), lambda: _attached(log, index)) as raw:
            yield cls(raw)

    def accounts(self) -> list[int]:
        return [one for (one,) in self._raw.execute("SELECT account_id FROM terms WHERE field = 'account'")]

    def unindexed(self) -> Iterator[int]:
        """Deliveries of which the index does not know yet, the newest change first; some may come again."""
        return unindexed(self._raw)

    def candidates(self, account_id: int, wanted: Filter) -> Candidates | None:
        """None: there is none."""
        terms = []
        for field in self._fields(wanted):
            value = str(getattr(wanted, field, ""))
            term = self._raw.execute(_TERM, (field, value, account_id)).fetchone()
            if term is None:
                return None
            terms.append(term[0])
        if wanted.event_id is not None:
            return Candidates(self._raw, _OF_EVENT, wanted.event_id, terms)
        terms.sort(key=self._count)
        return Candidates(self._raw, _CHUNK, terms[0], terms[1:])

    def _fields(self, wanted: Filter) -> list[str]:
        fields = [field for field in _IS if getattr(wanted, field) is not None]
        fields += [field for field in _BECAME if getattr(wanted, field) is not None][:1]
        return fields or ["account"]

    def _count(self, term: int) -> int:
        return int(self._raw.execute(_COUNT, (term, COUNTED)).fetchone()[0])


def _attached(log: Path, index: Path | None) -> sqlite3.Connection:
    raw = _opened(log, index)
    try:
        raw.execute("ATTACH ? AS day", (f"{log.absolute().as_uri()}?mode=rw",))
    except sqlite3.Error:
        raw.close()
        raise
    return raw


def discard(index: Path) -> None:
    """Delete a damaged index: it is made anew by whoever keeps the indexes.

    The index itself goes last: whatever the indexer does meanwhile, it finds it missing afterwards.
    """
    for side in reversed(SIDES):
        Path(f"{index}{side}").unlink(missing_ok=True)


def _opened(log: Path, index: Path | None) -> sqlite3.Connection:
    """The index; an empty one in its place while it is not there, or is of another log."""
    if index is not None and index.exists():
        raw = connect(index)
        if fits(raw, mark_of(log)):
            return raw
        raw.close()
    raw = sqlite3.connect(":memory:", uri=True, isolation_level=None, check_same_thread=False)
    create(raw, 0)
    return raw
