"""Outcomes of attempts: into the log of the day, and into the live state (design D12).

1. In a transaction on the live database, each outcome changes its delivery, if that still has the number of attempts
   that the outcome knows; otherwise the race is lost and nothing of it is kept.
2. Deliveries that have ended are taken out, with their event when it was the last one, and the next one of their lane
   is promoted.
3. What is over goes into the day's log, which commits.
4. The live database commits.

A crash between 3 and 4 leaves log rows that the repeated attempt overwrites, never a settled delivery without one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from airhook.core import failpoints
from airhook.core.deliveries import UNSETTLED_STATES, Attempt, Delivery, DeliveryState, Outcome
from airhook.core.ports import Settled
from airhook.storage.sqlite.connect import Database
from airhook.storage.sqlite.logs import DayLogs, LogRows
from airhook.storage.sqlite.logthread import LogThread
from airhook.storage.sqlite.queries import ATTEMPT, DELIVERY, HOT, Row, keys
from airhook.storage.sqlite.transaction import transaction
from airhook.storage.values import checked, storable

_STATE, _ATTEMPTS, _LANE, _REPLAY = (
    DELIVERY.index(name) for name in ("state", "attempts", "lane", "replay_id")
)
_DETAIL, _HEADERS, _TIMINGS = (ATTEMPT.index(name) for name in ("error_detail", "answer_headers", "timings"))


class Settler:
    """Changes states on the writer's connection and writes the log."""

    def __init__(self, database: Database, logs: DayLogs) -> None:
        self._raw = database.raw
        self._logs = logs
        self._log_thread = LogThread(logs)

    def close(self) -> None:
        self._log_thread.close()

    def settle(self, outcomes: Sequence[Outcome], now_ms: int) -> Settled:
        """Settle in one commit. Outcomes that lost a race are left out of ``applied``."""
        with transaction(self._raw):
            settled, rows = self._change(outcomes, now_ms)
            self._log(now_ms, rows)
        return settled

    @contextmanager
    def settling(self, outcomes: Sequence[Outcome], now_ms: int) -> Iterator[Settled]:
        """Settle in the transaction that the caller has begun; the log commits while he goes on with it.

        It has committed when the context ends, which raises what the log raises: then the caller must not commit.
        """
        settled, rows = self._change(outcomes, now_ms)
        if not rows:  # all came too late
            yield settled
            return
        self._log_thread.begin(now_ms, rows)
        try:
            yield settled
        finally:
            self._log_thread.end()
        failpoints.hit("writer.after_log_commit")

    def free_held(self, now_ms: int, limit: int) -> list[Delivery]:
        """Free held ones that were held long enough; in order of id."""
        with transaction(self._raw):
            rows = self._raw.execute(HOT["promote_held"], (now_ms, limit)).fetchall()
        return sorted(map(delivery_of, rows), key=lambda delivery: delivery.id)

    def log_finished_events(self, now_ms: int, limit: int) -> int:
        """Move events that had no delivery into the log; how many."""
        with transaction(self._raw):
            rows = self._raw.execute(HOT["finished_events"], (limit,)).fetchall()
            self._delete_events(rows)
            self._log(now_ms, LogRows(events=rows))
        return len(rows)

    def _change(self, outcomes: Sequence[Outcome], now_ms: int) -> tuple[Settled, LogRows]:
        """Change the states. The rows are to be in the log before that is committed."""
        rows = LogRows()
        applied: list[Outcome] = []
        promoted: list[Delivery] = []
        for wave in _waves(outcomes):
            self._settle_wave(wave, now_ms, rows, applied, promoted)
        return Settled(applied=applied, promoted=promoted), rows

    def _settle_wave(
        self,
        outcomes: Sequence[Outcome],
        now_ms: int,
        rows: LogRows,
        applied: list[Outcome],
        promoted: list[Delivery],
    ) -> None:
        ends = {one.delivery.id: one for one in outcomes if one.state not in UNSETTLED_STATES}
        won = self._postpone([one for one in outcomes if one.state in UNSETTLED_STATES])
        ended = self._end(ends)
        won.update(row[0] for row in ended)
        mine = [one for one in outcomes if one.delivery.id in won]
        rows.attempts += [attempt_row(one.attempt) for one in mine if one.attempt]
        rows.deliveries += [_ended_row(row, ends[row[0]], now_ms) for row in ended]
        self._count_replayed(rows.deliveries[-len(ended) :] if ended else [])
        rows.events += self._end_events(Counter((row[2], row[1]) for row in ended))
        applied += mine
        promoted += self._promote({row[_LANE] for row in ended if row[_LANE] is not None}, now_ms)

    def _postpone(self, outcomes: Sequence[Outcome]) -> set[int]:
        """Ids of those that won."""
        if not outcomes:
            return set()
        changes = [[one.delivery.id, _before(one), one.state, _after(one), one.due_ms] for one in outcomes]
        won = {delivery_id for (delivery_id,) in self._raw.execute(HOT["postpone"], (keys(changes),))}
        bodies = [(one.body, one.delivery.id) for one in outcomes if one.body is not None]
        if bodies:
            self._raw.executemany(HOT["change_body"], [row for row in bodies if row[1] in won])
        return won

    def _end(self, ends: dict[int, Outcome]) -> list[Any]:
        """Take out those that won; their rows as they were."""
        if not ends:
            return []
        wanted = keys([[one.delivery.id, _before(one)] for one in ends.values()])
        rows = self._raw.execute(HOT["ending"], (wanted,)).fetchall()
        self._raw.execute(HOT["delete_deliveries"], (keys([row[0] for row in rows]),))
        return rows

    def _count_replayed(self, ended: Sequence[Row]) -> None:
        of_replay: dict[object, list[int]] = {}
        for row in ended:
            if row[_REPLAY] is not None:
                of_replay.setdefault(row[_REPLAY], [0, 0])[row[_STATE] != DeliveryState.DELIVERED] += 1
        for replay_id, (delivered, exhausted) in of_replay.items():
            self._raw.execute(HOT["count_replayed"], (delivered, exhausted, replay_id))

    def _end_events(self, ended: Counter[tuple[int, str]]) -> list[Any]:
        """Take out events whose last delivery has ended; their rows."""
        if not ended:
            return []
        found = self._raw.execute(HOT["events_of"], (keys(list(ended)),)).fetchall()
        finished = []
        for unsettled, *row in found:
            key = (row[1], row[0])
            if unsettled > ended[key]:
                self._raw.execute(HOT["count_down"], (ended[key], *key))
            else:
                finished.append(row)
        self._delete_events(finished)
        return finished

    def _delete_events(self, rows: Sequence[Any]) -> None:
        of_account: dict[int, list[str]] = {}
        for event_id, account_id, *_ in rows:
            of_account.setdefault(account_id, []).append(event_id)
        for account_id, ids in of_account.items():
            self._raw.execute(HOT["delete_events"], (account_id, keys(ids)))

    def _promote(self, lanes: set[str], now_ms: int) -> list[Delivery]:
        if not lanes:
            return []
        rows = self._raw.execute(HOT["promote"], (now_ms, keys(sorted(lanes)))).fetchall()
        return sorted(map(delivery_of, rows), key=lambda delivery: delivery.id)

    def _log(self, now_ms: int, rows: LogRows) -> None:
        if rows:
            self._logs.write(now_ms, rows)
            failpoints.hit("writer.after_log_commit")


def delivery_of(row: Sequence[Any]) -> Delivery:
    return msgspec.convert(dict(zip(DELIVERY, row, strict=True)), Delivery)


def attempt_row(attempt: Attempt) -> list[object]:
    """Columns of an attempt. What the receiver said is made storable rather than refused."""
    row = list(msgspec.structs.astuple(attempt))
    row[_DETAIL] = storable(attempt.error_detail)
    row[_HEADERS] = _headers_json(attempt.answer_headers)
    row[_TIMINGS] = msgspec.json.encode(attempt.timings).decode()
    return checked(ATTEMPT, row)


def _headers_json(headers: Sequence[tuple[str, str]]) -> str:
    """Hardly ever is there anything to be mended, and then JSON tells."""
    with suppress(UnicodeEncodeError):
        text = msgspec.json.encode(headers).decode()
        if "\\u0000" not in text:
            return text
    return msgspec.json.encode([(storable(name), storable(value)) for name, value in headers]).decode()


def _before(outcome: Outcome) -> int:
    """Attempts that the delivery must have for the outcome to count."""
    return outcome.attempt.n - 1 if outcome.attempt else outcome.delivery.attempts


def _after(outcome: Outcome) -> int:
    return outcome.attempt.n if outcome.attempt else outcome.delivery.attempts


def _ended_row(row: Sequence[Any], outcome: Outcome, now_ms: int) -> list[object]:
    final = list(row)
    final[_STATE], final[_ATTEMPTS] = outcome.state.value, _after(outcome)
    return [*final, outcome.reason.value if outcome.reason else None, now_ms]


def _waves(outcomes: Sequence[Outcome]) -> Iterator[list[Outcome]]:
    """Cut where a delivery comes again: a statement changes a row once."""
    wave: dict[int, Outcome] = {}
    for outcome in outcomes:
        if outcome.delivery.id in wave:
            yield list(wave.values())
            wave = {}
        wave[outcome.delivery.id] = outcome
    if wave:
        yield list(wave.values())
