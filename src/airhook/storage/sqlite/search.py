"""Searching unsettled and settled deliveries together, newest first (``core.search``).

1. The live database is looked through from its newest delivery on: it has no index beyond those that delivering needs.
2. Each day's log is asked by its index (``logindex``), newest day first, and what is not indexed yet is looked through.
   No day's log tells of a delivery that is younger than the day, so that older days are not asked for a page that is full.
3. Whatever is found is read as a record and judged by all of the filter.

Each of these says how far down it has looked; a page ends at the highest of these ids. However little time there is, each
looks at some, so that every page gets further than the one before.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import UNSETTLED_STATES, Delivery
from airhook.core.search import DeliveryRecord, Filter, Found
from airhook.storage.sqlite.connect import damaged
from airhook.storage.sqlite.daysearch import DaySearch, discard
from airhook.storage.sqlite.logindex import origin_of
from airhook.storage.sqlite.logreader import LogReader, pass_over
from airhook.storage.sqlite.logs import DAY_MS, start_ms
from airhook.storage.sqlite.queries import HOT, keys
from airhook.storage.sqlite.settle import delivery_of

PATIENCE_S = 0.3  # of looking for a page; then the caller hears how far it came
FIRST_CHUNK, LARGEST_CHUNK = 200, 5000  # candidates of one read: some milliseconds
MAX_UNINDEXED = 50_000  # deliveries looked through; an index is behind by far less, unless it is made anew

_LIVE_FIELDS = ("event_id", "domain", "app", "stream", "event_type", "url", "state")

_logger = logging.getLogger(__name__)

Rows = Callable[[str, Sequence[object]], list[Any]]


class Search:
    """One search; ``rows`` asks the live database."""

    def __init__(
        self, rows: Rows, reader: LogReader, account_id: int | None, wanted: Filter, limit: int
    ) -> None:
        self._rows = rows
        self._logs = reader.logs
        self._reader = reader
        self._account_id = account_id
        self._wanted = wanted
        self._limit = limit
        self._until = time.monotonic() + PATIENCE_S
        self._found: dict[int, DeliveryRecord] = {}
        self._unindexed = 0

    def page(self, before: int) -> Found:
        """The newest ones with smaller ids than ``before``."""
        low, high = self._wanted.ids(before)
        floor = low
        if not self._wanted.asks_of_attempts and self._wanted.state in (None, *UNSETTLED_STATES):
            floor = max(floor, self._look_at_live(low, high))
        if self._wanted.asks_of_attempts or self._wanted.state not in UNSETTLED_STATES:
            floor = self._look_at_days(floor, high)
        ids = sorted((one for one in self._found if one >= floor), reverse=True)[: self._limit]
        following = ids[-1] if len(ids) == self._limit else floor if floor > low else None
        records = self._reader.with_last_attempts([self._found[one] for one in ids])
        return Found(records=records, next=following, unindexed=self._unindexed)

    # --- the live database --------------------------------------------------------------------------------------

    def _look_at_live(self, low: int, high: int) -> int:
        """How far down all was looked at."""
        where, values = self._conditions()
        matching, size = 0, max(self._limit, FIRST_CHUNK)
        while True:
            bounds = (low, high, size)
            count, lowest = self._rows(HOT["live_chunk_bounds"], bounds)[0]
            for row in self._rows(HOT["live_chunk"].format(where=where), (*bounds, *values)):
                matching += self._keep(unsettled_record(delivery_of(row)))
            if count < size:
                return low
            high, size = lowest, min(2 * size, LARGEST_CHUNK)
            if matching >= self._limit or time.monotonic() >= self._until:
                return high

    def _conditions(self) -> tuple[str, list[object]]:
        wanted = {name: getattr(self._wanted, name) for name in _LIVE_FIELDS}
        given = {name: value for name, value in wanted.items() if value is not None}
        if self._account_id is not None:
            given["account_id"] = self._account_id
        return " AND ".join(f"{name} = ?" for name in given) or "1", list(given.values())

    # --- the days -----------------------------------------------------------------------------------------------

    def _look_at_days(self, low: int, high: int) -> int:
        """The same. What lies deeper than a newer day was looked at is left to the next page."""
        floor = low
        for day in self._logs.days():
            after = (start_ms(day) + DAY_MS) << ID_LOW_BITS
            if after <= floor:
                break
            if len(self._found) >= self._limit:
                page = sorted(self._found, reverse=True)[self._limit - 1]
                if page >= after:
                    return max(floor, after)
            floor = self._look_at_day(day, floor, high)
        return floor

    def _look_at_day(self, day: date, low: int, high: int) -> int:
        log, index = self._logs.path(day), self._logs.index(day)
        unindexed = self._unindexed
        try:
            return self._ask(log, index, low, high)
        except sqlite3.DatabaseError as error:
            first = error
        self._unindexed = unindexed
        try:
            floor = self._ask(log, None, low, high)
        except sqlite3.DatabaseError as error:
            pass_over(log, error)
            return low
        if not damaged(first):
            _logger.warning("%s cannot be read now (%s); the log itself is looked through", index, first)
            return floor
        _logger.warning("%s is damaged (%s); it is deleted and made anew", index, first)
        self._logs.files.forget(index)
        discard(index)
        return floor

    def _ask(self, log: Path, index: Path | None, low: int, high: int) -> int:
        """How far down all of a day was looked at."""
        with DaySearch.of(self._logs.files, log, index) as asked:
            self._look_at_unindexed(asked, low, high)
            accounts = [self._account_id] if self._account_id is not None else asked.accounts()
            return max((self._look_at_index(asked, one, low, high) for one in accounts), default=low)

    def _look_at_unindexed(self, asked: DaySearch, low: int, high: int) -> None:
        ids = asked.unindexed()
        some = {one for one in islice(ids, MAX_UNINDEXED) if low <= one < high}
        self._unindexed += sum(1 for _ in ids)
        newest = sorted(some, reverse=True)
        for start in range(0, len(newest), LARGEST_CHUNK):
            self._judge(newest[start : start + LARGEST_CHUNK])

    def _look_at_index(self, asked: DaySearch, account_id: int, low: int, high: int) -> int:
        """How far down all was looked at."""
        candidates = asked.candidates(account_id, self._wanted)
        if candidates is None:
            return low
        matching, size = 0, FIRST_CHUNK
        while True:
            ids = candidates.chunk(low, high, size)
            fitting = candidates.fitting(ids)
            for start in range(0, len(fitting), self._limit):
                some = fitting[start : start + self._limit]
                matching += self._judge(some)
                if matching >= self._limit or time.monotonic() >= self._until:
                    return some[-1]
            if len(ids) < size:
                return low
            high, size = ids[-1], min(2 * size, LARGEST_CHUNK)
            if time.monotonic() >= self._until:
                return high

    # --- judging ------------------------------------------------------------------------------------------------

    def _judge(self, ids: Sequence[int]) -> int:
        """Keep those that are wanted; how many."""
        records = records_of(self._rows, self._reader, ids)
        if self._wanted.asks_of_attempts:
            tries = self._reader.attempts_of(records)
            records = {
                one: record for one, record in records.items() if self._wanted.tried(tries.get(one, ()))
            }
        return sum(self._keep(record) for record in records.values())

    def _keep(self, record: DeliveryRecord) -> bool:
        delivery = record.delivery
        fits = self._wanted.fits(delivery, self._account_id) and (
            self._wanted.destination is None
            or self._wanted.destination == origin_of(delivery.url, delivery.account_id)
        )
        if fits:
            self._found[delivery.id] = record
        return fits


def records_of(rows: Rows, reader: LogReader, ids: Sequence[int]) -> dict[int, DeliveryRecord]:
    """The live database is read first, so that what is settled between the two reads is found in the second."""
    found = {
        row[0]: unsettled_record(delivery_of(row)) for row in rows(HOT["deliveries_by_ids"], (keys(ids),))
    }
    return found | reader.settled_of([one for one in ids if one not in found])


def unsettled_record(delivery: Delivery) -> DeliveryRecord:
    return DeliveryRecord(delivery=delivery, reason=None, last_attempt=None, settled_ms=None)
