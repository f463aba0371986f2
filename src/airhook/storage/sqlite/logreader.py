"""Reading the day files: the newest first, and no more of them than the answer needs.

Ids grow with time (``core.clock.IdMaker``), so an id tells the earliest day on which something about it was logged.
"""

import logging
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from airhook.core.deliveries import Attempt, Timings
from airhook.core.search import DeliveryRecord
from airhook.storage.sqlite.connect import connect, unreadable
from airhook.storage.sqlite.logs import DAY_MS, DayLogs, start_ms
from airhook.storage.sqlite.queries import ATTEMPT, HOT, keys
from airhook.storage.sqlite.settle import delivery_of

ID_BITS = 21  # below the milliseconds of an id

_logger = logging.getLogger(__name__)
_JSON: dict[str, Any] = {"answer_headers": list[tuple[str, str]], "timings": Timings}


class LogReader:
    """Opens files as it needs them, and keeps some of them open (``dayfiles``)."""

    def __init__(self, logs: DayLogs) -> None:
        self.logs = logs

    def settled(self, delivery_id: int) -> DeliveryRecord | None:
        """A delivery that has ended."""
        return self.settled_of([delivery_id]).get(delivery_id)

    def settled_of(self, ids: Collection[int]) -> dict[int, DeliveryRecord]:
        """Those of the deliveries that have ended."""
        found: dict[int, DeliveryRecord] = {}
        for path in self._files_since(min(ids)) if ids else ():
            wanted = [one for one in ids if one not in found]
            if not wanted:
                break
            found |= {
                row[0]: _record(row) for row in self._rows(path, HOT["settled_by_ids"], (keys(wanted),))
            }
        return found

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """In order of n."""
        return self.attempts_of([delivery_id]).get(delivery_id, [])

    def attempts_of(self, ids: Collection[int]) -> dict[int, list[Attempt]]:
        """In order of n. A repeat after a crash at midnight is in two files; the newer one counts."""
        found: dict[int, dict[int, Attempt]] = {}
        for path in self._files_since(min(ids)) if ids else ():
            for row in self._rows(path, HOT["attempts_of"], (keys(list(ids)),)):
                attempt = attempt_of(row)
                found.setdefault(attempt.delivery_id, {}).setdefault(attempt.n, attempt)
        return {one: [made[n] for n in sorted(made)] for one, made in found.items()}

    def with_last_attempts(self, records: Sequence[DeliveryRecord]) -> list[DeliveryRecord]:
        """The records, each with the last attempt that counts."""
        wanted = {
            (record.delivery.id, record.delivery.attempts) for record in records if record.delivery.attempts
        }
        last: dict[int, Attempt] = {}
        for day in self.logs.days():
            if not wanted:
                break
            for row in self._rows(self.logs.path(day), HOT["attempts_by_key"], (keys(sorted(wanted)),)):
                attempt = attempt_of(row)
                last[attempt.delivery_id] = attempt
                wanted.discard((attempt.delivery_id, attempt.n))
        return [
            msgspec.structs.replace(record, last_attempt=last.get(record.delivery.id)) for record in records
        ]

    def first(self, sql: str, values: Sequence[object]) -> list[Any]:
        """The rows of the newest day that has any."""
        found = (self._rows(self.logs.path(day), sql, values) for day in self.logs.days())
        return next(filter(None, found), [])

    def since(self, id_: int, sql: str, values: Sequence[object]) -> list[Any]:
        """The rows of all days on which something of this id may have been logged."""
        return [row for path in self._files_since(id_) for row in self._rows(path, sql, values)]

    def _files_since(self, delivery_id: int) -> Iterator[Path]:
        """The files that may tell of a delivery, newest first."""
        for day in self.logs.days():
            if start_ms(day) + DAY_MS > delivery_id >> ID_BITS:
                yield self.logs.path(day)

    def _rows(self, path: Path, sql: str, values: Sequence[object]) -> list[Any]:
        """Rows of one file; a damaged or dropped one has none. Raises as ``pass_over``."""
        try:
            with self.logs.files.reading((path,), lambda: connect(path)) as raw:
                return raw.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            pass_over(path, error)
            return []


def pass_over(log: Path, error: sqlite3.DatabaseError) -> None:
    """Go on without a damaged or dropped file.

    Raises ``error`` when the file is there and waiting helps: what it tells of must not be taken for gone.
    """
    if unreadable(error) and log.exists():
        raise error
    _logger.warning("log file %s cannot be read: %s", log, error)


def attempt_of(row: Sequence[Any]) -> Attempt:
    fields = dict(zip(ATTEMPT, row, strict=True))
    for name, type_ in _JSON.items():
        fields[name] = msgspec.json.decode(fields[name], type=type_)
    return msgspec.convert(fields, Attempt)


def _record(row: Sequence[Any]) -> DeliveryRecord:
    *columns, reason, settled_ms = row
    return DeliveryRecord(
        delivery=delivery_of(columns), reason=reason, last_attempt=None, settled_ms=settled_ms
    )
