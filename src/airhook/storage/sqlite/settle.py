"""Outcomes of attempts: into the log of the day, and into the live state (design D12).

1. In a transaction on the live database, each outcome changes its delivery, if that still has the number of attempts
   that the outcome knows; otherwise the race is lost and nothing of it is kept.
2. Deliveries that have ended are taken out, with their event when it was the last one, and the next one of their lane
   is promoted.
3. What is over goes into the day's log, which commits. It copies the rows from the live database, where everybody else
   still sees them, so that they need not be carried through Python.
4. The live database commits.

A crash between 3 and 4 leaves log rows that the repeated attempt overwrites, never a settled delivery without one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from airhook.core import failpoints
from airhook.core.deliveries import UNSETTLED_STATES, Attempt, Delivery, DeliveryState, ExhaustReason, Outcome
from airhook.core.ports import Settled
from airhook.storage.sqlite.connect import Database
from airhook.storage.sqlite.logs import DayLogs, Ended, Finished, LogRows
from airhook.storage.sqlite.logthread import LogThread
from airhook.storage.sqlite.queries import ATTEMPT, DELIVERY, HOT, Row, keys
from airhook.storage.sqlite.transaction import transaction
from airhook.storage.values import checked, plain, storable

_STATE, _ATTEMPTS = (DELIVERY.index(name) for name in ("state", "attempts"))
_ERROR, _DETAIL, _HEADERS, _TIMINGS, _SHA256, _BODY = (
    ATTEMPT.index(name)
    for name in ("error", "error_detail", "answer_headers", "timings", "request_sha256", "answer_body")
)
_IDS = msgspec.json.Decoder(list[int])


class Settler:
    """Changes states on the writer's connection and writes the log.

    ``logged`` hears on another thread that the log of ``settling`` has committed, or failed to.
    """

    def __init__(self, database: Database, logs: DayLogs, logged: Callable[[], None]) -> None:
        self._raw = database.raw
        self._logs = logs
        self._log_thread = LogThread(logs, logged)

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

    def is_logging(self) -> bool:
        """Whether the end of ``settling`` would have to wait for the log."""
        return self._log_thread.busy()

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
        settled = Settled(applied=[], promoted=[])
        postponed: set[int] = set()
        for wave in _waves(outcomes):
            self._settle_wave(wave, now_ms, rows, settled, postponed)
        return settled, rows

    def _settle_wave(
        self, outcomes: Sequence[Outcome], now_ms: int, rows: LogRows, settled: Settled, postponed: set[int]
    ) -> None:
        """``postponed`` are deliveries that this transaction has changed before."""
        ended, changed = self._end(outcomes, now_ms, postponed)
        rows.deliveries += changed
        rows.ended += _alike(ended, now_ms, without=postponed)
        won = self._postpone([one for one in outcomes if one.state in UNSETTLED_STATES])
        postponed |= won
        won.update(one.delivery.id for one in ended)
        mine = [one for one in outcomes if one.delivery.id in won]
        rows.attempts += [attempt_row(one.attempt) for one in mine if one.attempt]
        self._count_replayed(ended)
        rows.finished += self._finish_events(ended)
        settled.applied.extend(mine)
        lanes = {lane for one in ended if (lane := one.delivery.lane) is not None}
        settled.promoted.extend(self._promote(lanes, now_ms))

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

    def _end(
        self, outcomes: Sequence[Outcome], now_ms: int, postponed: set[int]
    ) -> tuple[list[Outcome], list[Row]]:
        """Take out deliveries that end. Those that won, and the log's rows of those that were changed before."""
        ends = {one.delivery.id: one for one in outcomes if one.state not in UNSETTLED_STATES}
        of_attempts: dict[int, list[int]] = {}
        for delivery_id, one in ends.items():
            of_attempts.setdefault(_before(one), []).append(delivery_id)
        won: list[int] = []
        for attempts, ids in of_attempts.items():
            [(found,)] = self._raw.execute(HOT["ending"], (keys(ids), attempts))
            won += _IDS.decode(found)
        if not won:
            return [], []
        rows = self._rows(postponed.intersection(won))
        self._raw.execute(HOT["delete_deliveries"], (keys(won),))
        return [ends[one] for one in won], [_ended_row(row, ends[row[0]], now_ms) for row in rows]

    def _rows(self, ids: Collection[int]) -> list[Any]:
        return self._raw.execute(HOT["deliveries_by_ids"], (keys(list(ids)),)).fetchall() if ids else []

    def _count_replayed(self, ended: Sequence[Outcome]) -> None:
        of_replay: dict[int, list[int]] = {}
        for one in ended:
            replay_id = one.delivery.replay_id
            if replay_id is not None:
                of_replay.setdefault(replay_id, [0, 0])[one.state is not DeliveryState.DELIVERED] += 1
        for replay_id, (delivered, exhausted) in of_replay.items():
            self._raw.execute(HOT["count_replayed"], (delivered, exhausted, replay_id))

    def _finish_events(self, ended: Sequence[Outcome]) -> list[Finished]:
        """Take out events whose last delivery has ended."""
        counts = Counter((one.delivery.account_id, one.delivery.event_id) for one in ended)
        alike: dict[tuple[int, int], list[str]] = {}
        for (account_id, event_id), count in counts.items():
            alike.setdefault((account_id, count), []).append(event_id)
        return [self._finish(account_id, ids, count) for (account_id, count), ids in alike.items()]

    def _finish(self, account_id: int, ids: list[str], count: int) -> Finished:
        """The same for events that each had ``count`` deliveries ended; those with more count down."""
        wanted = keys(ids)
        taken = self._raw.execute(HOT["finish_events"], (account_id, wanted, count)).rowcount
        if taken == len(ids):
            return Finished(account_id, wanted)
        left = {one for (one,) in self._raw.execute(HOT["events_left"], (account_id, wanted))}
        self._raw.executemany(HOT["count_down"], [(count, account_id, one) for one in left])
        return Finished(account_id, keys([one for one in ids if one not in left]))

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
    one = attempt
    row: list[object] = list(msgspec.structs.astuple(one))
    row[_ERROR] = one.error.value if one.error else None
    row[_DETAIL] = detail = storable(one.error_detail)
    row[_HEADERS] = _headers_json(one.answer_headers)
    row[_TIMINGS] = msgspec.json.encode(one.timings).decode()
    row[_SHA256], row[_BODY] = bytearray(one.request_sha256), bytearray(one.answer_body)
    numbers = one.delivery_id | one.n | one.started_ms | one.finished_ms | (one.status or 0)
    if not plain(one.remote_addr + detail, numbers | (one.t or 0) | (one.key_version or 0)):
        row = checked(ATTEMPT, row)
    return row


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


def _alike(ended: Sequence[Outcome], now_ms: int, without: Collection[int]) -> list[Ended]:
    """What ended in one way, of what is to be copied."""
    ways: dict[tuple[DeliveryState, int, ExhaustReason | None], list[int]] = {}
    for one in ended:
        if one.delivery.id not in without:
            ways.setdefault((one.state, _after(one), one.reason), []).append(one.delivery.id)
    return [
        Ended(ids, state.value, attempts, reason.value if reason else None, now_ms)
        for (state, attempts, reason), ids in ways.items()
    ]


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
