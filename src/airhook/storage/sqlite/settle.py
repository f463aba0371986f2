"""Outcomes of attempts: first into the log of the day, then into the live state (design D12).

1. In a transaction on the live database, each outcome changes its delivery, if that still has the number of attempts
   that the outcome knows; otherwise the race is lost and nothing of it is kept.
2. Deliveries that have ended are taken out, with their event when it was the last one; the next one of their lane is
   promoted.
3. What is over goes into the day's log, which commits.
4. The live database commits.

A crash between 3 and 4 leaves log rows that the repeated attempt overwrites, never a settled delivery without one.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from airhook.core import failpoints
from airhook.core.deliveries import UNSETTLED_STATES, Attempt, Delivery, Outcome
from airhook.core.ports import Settled
from airhook.storage.sqlite.connect import Database
from airhook.storage.sqlite.logs import DayLogs, LogRows
from airhook.storage.sqlite.queries import HOT
from airhook.storage.sqlite.transaction import transaction
from airhook.storage.values import check, storable

MAX_FREED = 500  # held deliveries freed in one commit

_DELIVERY = Delivery.__struct_fields__
_STATE, _ATTEMPTS = _DELIVERY.index("state"), _DELIVERY.index("attempts")
_LANE = _DELIVERY.index("lane")


class Settler:
    """Changes states on the writer's connection and writes the log."""

    def __init__(self, database: Database, logs: DayLogs) -> None:
        self._raw = database.raw
        self._logs = logs

    def settle(self, batches: Sequence[Sequence[Outcome]], now_ms: int) -> list[Settled]:
        """Settle several callers' outcomes in one commit; what became of each caller's."""
        rows = LogRows()
        with transaction(self._raw):
            settled = [self._settle_one(outcomes, rows, now_ms) for outcomes in batches]
            if rows:
                self._logs.write(now_ms, rows)
            failpoints.hit("writer.after_log_commit")
        return settled

    def free_held(self, now_ms: int) -> list[Delivery]:
        """Free the held ones that were held long enough, at most ``MAX_FREED`` in order of id."""
        with transaction(self._raw):
            rows = self._raw.execute(HOT["promote_held"], (now_ms, MAX_FREED)).fetchall()
        return sorted(map(delivery_of, rows), key=lambda delivery: delivery.id)

    def log_finished_events(self, now_ms: int, limit: int) -> int:
        """Move events that had no delivery into the log; how many."""
        with transaction(self._raw):
            rows = self._raw.execute(HOT["take_finished_events"], (limit,)).fetchall()
            if rows:
                self._logs.write(now_ms, LogRows(events=rows))
        return len(rows)

    def _settle_one(self, outcomes: Sequence[Outcome], rows: LogRows, now_ms: int) -> Settled:
        lanes: dict[str, None] = {}
        applied = [outcome for outcome in outcomes if self._apply(outcome, rows, lanes, now_ms)]
        return Settled(applied=applied, promoted=self._promote(lanes, now_ms))

    def _apply(self, outcome: Outcome, rows: LogRows, lanes: dict[str, None], now_ms: int) -> bool:
        attempt = outcome.attempt
        before = attempt.n - 1 if attempt else outcome.delivery.attempts
        after = attempt.n if attempt else before
        if outcome.state in UNSETTLED_STATES:
            won = self._postpone(outcome, before, after)
        else:
            won = self._end(outcome, before, after, rows, lanes, now_ms)
        if won and attempt:
            rows.attempts.append(attempt_row(attempt))
        return won

    def _postpone(self, outcome: Outcome, before: int, after: int) -> bool:
        values = (outcome.state.value, after, outcome.due_ms, outcome.delivery.id, before)
        return self._raw.execute(HOT["postpone_delivery"], values).rowcount == 1

    def _end(
        self, outcome: Outcome, before: int, after: int, rows: LogRows, lanes: dict[str, None], now_ms: int
    ) -> bool:
        ended = self._raw.execute(HOT["end_delivery"], (outcome.delivery.id, before)).fetchall()
        for row in ended:
            final = list(row)
            final[_STATE], final[_ATTEMPTS] = outcome.state.value, after
            reason = outcome.reason.value if outcome.reason else None
            rows.deliveries.append((*final, reason, now_ms))
            if row[_LANE] is not None:
                lanes[row[_LANE]] = None
            self._end_event(outcome.delivery, rows)
        return bool(ended)

    def _end_event(self, delivery: Delivery, rows: LogRows) -> None:
        key = (delivery.account_id, delivery.event_id)
        finished = self._raw.execute(HOT["end_event"], key).fetchall()
        if finished:
            rows.events.extend(finished)
        else:
            self._raw.execute(HOT["count_down_event"], key)

    def _promote(self, lanes: dict[str, None], now_ms: int) -> list[Delivery]:
        promoted = []
        for lane in lanes:
            promoted += self._raw.execute(HOT["promote"], (now_ms, lane)).fetchall()
        return [delivery_of(row) for row in promoted]


def delivery_of(row: Sequence[Any]) -> Delivery:
    return msgspec.convert(dict(zip(_DELIVERY, row, strict=True)), Delivery)


def attempt_row(attempt: Attempt) -> list[object]:
    """Columns of an attempt. What the receiver said is made storable rather than refused."""
    row: dict[str, object] = {field: getattr(attempt, field) for field in Attempt.__struct_fields__}
    row["error_detail"] = storable(attempt.error_detail)
    headers = [(storable(name), storable(value)) for name, value in attempt.answer_headers]
    row["answer_headers"] = msgspec.json.encode(headers).decode()
    row["timings"] = msgspec.json.encode(attempt.timings).decode()
    return [check(field, value) for field, value in row.items()]
