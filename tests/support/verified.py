"""A data folder with one of everything: sessions in every state, deliveries that ended in every way."""

import sqlite3
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from airhook.core.deliveries import Delivery, DeliveryState, ExhaustReason, Outcome
from airhook.core.delivery_options import DeliveryOptions, Profile
from airhook.core.events import Event
from airhook.core.replays import Replay, ReplayState
from airhook.core.search import Filter
from airhook.core.sessions import SessionState
from airhook.core.templates import CallbackTemplate
from airhook.delivery.retry import Schedule, Schedules
from airhook.tools.verify import Report, verify
from support.storage import (
    DAY_MS,
    NOON_MS,
    SECRET_KEY,
    SqliteBackend,
    accept,
    delivered,
    delivery,
    event,
    failed,
    session,
    settle,
    transact,
)

SCHEDULES = Schedules(
    usual=Schedule(attempts=3, interval_s=60), by_type={200: Schedule(attempts=2, interval_s=60)}
)
STATE = "airhook.db"
DAY = "logs/airhook-2026-01-01.db"
NEXT_DAY = "logs/airhook-2026-01-02.db"
ATTEMPT = "INSERT INTO attempt_log SELECT {of}, {n}, started_ms, finished_ms, t, key_version, request_sha256, remote_addr, {status}, {error}, error_detail, answer_headers, answer_body, timings FROM attempt_log WHERE delivery_id = 1 AND n = 1"

BEGUN, CLOSED, REPLACED, LIVE, OPENING = 1001, 1002, 1003, 1004, 1005  # session ids


class Story:
    """Writes the folder with the real store."""

    def __init__(self, folder: Path) -> None:
        self.backend = SqliteBackend(folder)
        self.clock = self.backend.clock
        self.ids = iter(range(1, 1000))

    def session(self, number: int, state: SessionState, *events: int, **changes: Any) -> list[Delivery]:
        """A session on a stream of its own, and one ordered delivery for each of its events; gives them as stored."""
        row = session(number, stream=f"room{number}", state=state, **changes)
        transact(self.backend.store, lambda tx: tx.insert_session(row))
        return [self.event(f"{number}-{kind}", number, kind)[0] for kind in events]

    def event(
        self, name: str, session_id: int | None, kind: int, deliveries: int = 1, **changes: Any
    ) -> list[Delivery]:
        of: Event = event(name, event_type=kind, session_id=session_id, stream=f"room{session_id}")
        ordered = session_id is not None
        rows = [delivery(of, lane=ordered, id=next(self.ids), **changes) for _ in range(deliveries)]
        return accept(self.backend.store, of, *rows)

    def report(self, name: str) -> None:
        """A start that a caller of /v1/events reported; its sequence is 7."""
        of = event(name, session_id=None, stream="elsewhere")
        row = delivery(of, id=next(self.ids), lane=True)
        transact(self.backend.store, lambda tx: tx.accept_once(of, [row], b"digest"))

    def settle(self, *outcomes: Outcome) -> None:
        self.clock.now += 1000
        settled = settle(self.backend.store, *outcomes)
        assert len(settled.applied) == len(outcomes)

    def template(self, number: int, options: DeliveryOptions) -> None:
        made = CallbackTemplate(id=number, account_id=1, name=f"t{number}", options=options)
        transact(self.backend.store, lambda tx: tx.put_template(made))

    def fail(
        self,
        of: Delivery,
        times: int = 1,
        *,
        last: bool = False,
        status: int = 500,
        reason: ExhaustReason = ExhaustReason.ATTEMPTS,
    ) -> Delivery:
        """Let it fail; gives the delivery as it is then. The ``last`` failure exhausts it."""
        for n in range(1, times + 1):
            outcome = failed(of)
            if last and n == times:
                outcome = replace(outcome, state=DeliveryState.EXHAUSTED, reason=reason, due_ms=None)
            self.settle(self._now(outcome, status))
            of = replace(of, attempts=of.attempts + 1)
        return of

    def deliver(self, of: Delivery, status: int = 200) -> None:
        self.settle(self._now(delivered(of), status))

    def expire(self, of: Delivery) -> None:
        self.settle(
            Outcome(delivery=of, attempt=None, state=DeliveryState.EXHAUSTED, reason=ExhaustReason.EXPIRED)
        )

    def replay(self, number: int, **counts: Any) -> None:
        made = Replay(
            id=number,
            account_id=1,
            wanted=Filter(event_type=100),
            rate=1,
            state=ReplayState.RUNNING,
            starts=True,
            created_ms=NOON_MS,
            cursor=0,
            **counts,
        )
        transact(self.backend.store, lambda tx: tx.put_replay(made))

    def repeat(self, of: Delivery, replay_id: int | None = None) -> Delivery:
        """Send a delivery again."""
        again = replace(
            of,
            id=next(self.ids),
            lane=None,
            state=DeliveryState.PENDING,
            attempts=0,
            repeat_of=of.id,
            replay_id=replay_id,
        )
        transact(self.backend.store, lambda tx: tx.repeat([again]))
        return again

    def _now(self, outcome: Outcome, status: int) -> Outcome:
        """The same outcome, of an attempt at this moment."""
        assert outcome.attempt is not None
        at = self.clock.now + 500
        return replace(
            outcome, attempt=replace(outcome.attempt, started_ms=at, finished_ms=at + 10, status=status)
        )


def tell(folder: Path) -> None:
    """Write the folder: ids of deliveries count from 1 in the order of these lines."""
    story = Story(folder)
    start, stop = story.session(CLOSED, SessionState.CLOSED, 1, 0)  # 1, 2
    story.deliver(story.fail(start))
    story.deliver(stop)
    start, _held = story.session(BEGUN, SessionState.CLOSED, 1, 0)  # 3, 4: the stop waits for its start
    story.fail(start)
    [start] = story.session(LIVE, SessionState.LIVE, 1)  # 5
    story.fail(start, 3, last=True)
    start, stop = story.session(REPLACED, SessionState.CLOSED, 1, 0)  # 6, 7
    story.session(OPENING, SessionState.OPENING)
    one, _other = story.event("two-urls", None, 100, deliveries=2)  # 8, 9
    story.deliver(one)
    [picture] = story.event("picture", None, 200)  # 10
    story.fail(picture, 2, last=True)
    [old] = story.event("old", None, 100, expires_ms=NOON_MS + 1)  # 11
    story.expire(story.fail(old))
    story.report("called")  # 12
    story.template(7, DeliveryOptions(profile=Profile.CUSTOM, delays_s=(1.0,)))
    [one] = story.event("own-schedule", None, 100, template_id=7)  # 13
    story.fail(one, 2, last=True)
    story.template(8, DeliveryOptions(profile=Profile.STANDARD))
    one, gone = story.event("standard", None, 100, deliveries=2, template_id=8)  # 14, 15
    story.deliver(one, status=202)
    story.fail(gone, last=True, status=410, reason=ExhaustReason.GONE)
    story.repeat(one)  # of an event that is over: 16
    story.deliver(story.repeat(picture))  # 17
    story.replay(5, counted=3, made=3)
    story.deliver(story.repeat(one, 5))  # 18
    story.fail(story.repeat(picture, 5), 2, last=True)  # 19
    story.fail(story.repeat(old, 5))  # 20
    story.event("nobody-listens", None, 100, deliveries=0)
    story.clock.now += DAY_MS  # what began yesterday ends today
    story.deliver(start)
    story.deliver(stop)
    story.backend.close()


def change(folder: Path, file: str, *statements: str) -> None:
    raw = sqlite3.connect(folder / file)
    for statement in statements:
        done = raw.execute(statement)
        assert done.rowcount != 0, f"nothing was changed by {statement}"
    raw.commit()
    raw.close()


def checked(folder: Path, **options: Any) -> Report:
    return verify(folder, SECRET_KEY, SCHEDULES, **options)


def found(report: Report) -> set[tuple[str, str]]:
    """(kind, subject) of every finding."""
    assert sum(report.totals.values()) == len(report.findings)
    return {(one.kind, one.subject) for one in report.findings}


def attempt(of: int, n: int, *, good: bool = False) -> str:
    """The statement that logs one attempt more of a delivery."""
    return ATTEMPT.format(of=of, n=n, status=200 if good else 500, error="NULL" if good else "'bad_status'")
