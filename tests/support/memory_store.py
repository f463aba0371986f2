"""A ``core.ports.DeliveryStore`` in memory, with a writer's thread of its own, for tests of the engine."""

import queue
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from airhook.core.deliveries import Attempt, Delivery, DeliveryState, Outcome
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState, id_of
from airhook.core.due import Line, Want
from airhook.core.ports import Settled


class MemoryStore:
    """``rows`` are the unsettled deliveries, ``settled`` the outcomes that ended one, ``attempts`` the log."""

    def __init__(self) -> None:
        self.rows: dict[int, Delivery] = {}
        self.settled: dict[int, Outcome] = {}
        self.attempts: dict[int, list[Attempt]] = {}
        self.told: Callable[[Sequence[Delivery]], None] = lambda _: None
        self.fail_settles = 0  # so many of the next calls fail
        self.fail_saves = 0
        self.commits = 0
        self.standings: dict[DestinationKey, DestinationRow] = {}
        self.changed = threading.Condition()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="memory-writer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join(5)

    def accept(self, deliveries: Sequence[Delivery]) -> None:
        """Store them, held behind their lanes, and tell the engine; returns at once."""
        self._jobs.put(lambda: self._accept(deliveries))

    def settle(self, outcomes: Sequence[Outcome], done: Callable[[Settled | Exception], None]) -> None:
        batch = list(outcomes)
        self._jobs.put(lambda: done(self._settle(batch)))

    def promote_held(self, now_ms: int, done: Callable[[list[Delivery] | Exception], None]) -> None:
        self._jobs.put(lambda: done(self._promote_held(now_ms)))

    def lines(self, now_ms: int, after: int | None, limit: int) -> list[Line]:
        with self.changed:
            found = {id_of(row.account_id, row.url) for row in self._free_rows()}
            chosen = sorted(one for one in found if after is None or one > after)[:limit]
            return [self._line(one, now_ms) for one in chosen]

    def due(self, now_ms: int, wants: Sequence[Want]) -> list[list[Delivery]]:
        return [self._due(now_ms, want) for want in wants]

    def _due(self, now_ms: int, want: Want) -> list[Delivery]:
        known = set(want.in_hand)
        with self.changed:
            ready = [
                row
                for row in self._free_rows(want.destination)
                if row.due_ms <= now_ms and row.id not in known
            ]
        return sorted(ready, key=lambda row: (row.due_ms, row.id))[: want.limit]

    def next_held(self) -> int | None:
        with self.changed:
            held = [row.hold_until_ms for row in self.rows.values() if row.state is DeliveryState.HELD]
        return min(held, default=None)

    def save_standings(
        self, rows: Sequence[DestinationRow], done: Callable[[Exception | None], None]
    ) -> None:
        self._jobs.put(lambda: done(self._save(rows)))

    def troubled(self) -> list[DestinationRow]:
        with self.changed:
            return [
                row for row in self.standings.values() if row.state in (HealthState.SLOW, HealthState.FAILING)
            ]

    def wait_until(self, true: Callable[[], bool], timeout_s: float = 30) -> None:
        """Wait for something about the store; it is looked at after each change."""
        with self.changed:
            assert self.changed.wait_for(true, timeout_s), f"not within {timeout_s} s"

    def wait_settled(self, *ids: int, timeout_s: float = 30) -> list[Outcome]:
        self.wait_until(lambda: all(one in self.settled for one in ids), timeout_s)
        return [self.settled[one] for one in ids]

    def wait_attempts(self, delivery_id: int, count: int, timeout_s: float = 30) -> list[Attempt]:
        self.wait_until(lambda: len(self.attempts.get(delivery_id, [])) >= count, timeout_s)
        return self.attempts[delivery_id]

    def _free_rows(self, destination: int | None = None) -> list[Delivery]:
        return [
            row
            for row in self.rows.values()
            if row.state in (DeliveryState.PENDING, DeliveryState.WAITING)
            and destination in (None, id_of(row.account_id, row.url))
        ]

    def _line(self, destination: int, now_ms: int) -> Line:
        rows = self._free_rows(destination)

        def first(state: DeliveryState) -> int | None:
            return min((row.due_ms for row in rows if row.state is state), default=None)

        return Line(
            destination=destination,
            pending_ms=first(DeliveryState.PENDING),
            waiting_ms=first(DeliveryState.WAITING),
            next_ms=min(
                (row.due_ms for row in rows if row.state is DeliveryState.WAITING and row.due_ms > now_ms),
                default=None,
            ),
        )

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _accept(self, deliveries: Sequence[Delivery]) -> None:
        stored = []
        with self.changed:
            for row in deliveries:
                busy = row.lane is not None and any(other.lane == row.lane for other in self.rows.values())
                kept = msgspec.structs.replace(row, state=DeliveryState.HELD) if busy else row
                self.rows[row.id] = kept
                stored.append(kept)
            self.changed.notify_all()
        self.told(stored)

    def _settle(self, outcomes: Sequence[Outcome]) -> Settled | Exception:
        with self.changed:
            if self.fail_settles:
                self.fail_settles -= 1
                self.changed.notify_all()
                return OSError("the disk is full")
            self.commits += 1
            applied = [outcome for outcome in outcomes if self._apply(outcome)]
            promoted = [row for lane in {one.delivery.lane for one in applied} for row in self._next_of(lane)]
            self.changed.notify_all()
            return Settled(applied=applied, promoted=promoted)

    def _apply(self, outcome: Outcome) -> bool:
        row = self.rows.get(outcome.delivery.id)
        if row is None or row.attempts != outcome.delivery.attempts:
            return False
        made = row.attempts
        if outcome.attempt is not None:
            self.attempts.setdefault(row.id, []).append(outcome.attempt)
            made = outcome.attempt.n
        if outcome.state is DeliveryState.WAITING:
            assert outcome.due_ms is not None
            self.rows[row.id] = msgspec.structs.replace(
                row, state=outcome.state, attempts=made, due_ms=outcome.due_ms, body=outcome.body or row.body
            )
        else:
            del self.rows[row.id]
            self.settled[row.id] = outcome
        return True

    def _save(self, rows: Sequence[DestinationRow]) -> Exception | None:
        with self.changed:
            if self.fail_saves:
                self.fail_saves -= 1
                return OSError("the disk is full")
            self.standings.update((row.key, row) for row in rows)
            self.changed.notify_all()
            return None

    def _next_of(self, lane: str | None) -> list[Delivery]:
        of_lane = [row for row in self.rows.values() if lane is not None and row.lane == lane]
        held = sorted((row for row in of_lane if row.state is DeliveryState.HELD), key=lambda row: row.id)
        return [self._free(held[0])] if held and len(held) == len(of_lane) else []

    def _promote_held(self, now_ms: int) -> list[Delivery]:
        with self.changed:
            late = [
                row
                for row in self.rows.values()
                if row.state is DeliveryState.HELD and row.hold_until_ms <= now_ms
            ]
            freed = [self._free(row) for row in late]
            self.changed.notify_all()
            return freed

    def _free(self, row: Delivery) -> Delivery:
        now_ms = time.time_ns() // 1_000_000
        self.rows[row.id] = freed = msgspec.structs.replace(
            row, state=DeliveryState.PENDING, due_ms=min(now_ms, row.hold_until_ms)
        )
        return freed
