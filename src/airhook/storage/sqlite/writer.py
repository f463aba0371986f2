"""The one thread that writes: whatever arrived during the last commit is committed together (design D2).

A round commits works of callers first, then outcomes of attempts; both in commits of about 5 ms, so that neither
waits long for the other. Many outcomes share one commit with the works, those at hand and those that arrive meanwhile,
which run while the log commits. Nothing waits for company: a lone work is committed at once.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from airhook.core.clock import Clock
from airhook.core.deliveries import Delivery
from airhook.core.errors import UnavailableError
from airhook.core.ports import Settled
from airhook.core.stats import Commits, WriterStats
from airhook.storage.sqlite import standings
from airhook.storage.sqlite.connect import Database, unavailable
from airhook.storage.sqlite.jobs import Freeing, Job, Outcomes, Queue, Standings, Work
from airhook.storage.sqlite.settle import Settler
from airhook.storage.sqlite.tidy import Tidier
from airhook.storage.sqlite.transaction import isolate, transaction
from airhook.storage.sqlite.tx import SqliteTx

COMMIT_S = 0.005  # of work in one commit: commits of thousands made the slowest caller wait 277 ms
# Of waiting for the interpreter or the disk besides: while others keep those busy, each work would have a commit of its own,
# and a sync.
GATHER_S = 0.025
MAX_ACCEPTS = 256  # events in one commit
MAX_OUTCOMES = 256  # in one commit, for the same reason; so many rows are one statement (``queries.CHUNKS``)
TOGETHER = 32  # outcomes: so many share the callers' commit, which waits for the log
MAX_FREED = 5000  # held deliveries, by one call
TIDY_EVERY_S = 1.0
QUIET_S = 0.5  # without work: giving back the space of a large WAL takes 20 ms and more, in which nobody is answered

_logger = logging.getLogger(__name__)


class Patience:
    """How much longer works may be added to a commit."""

    def __init__(self) -> None:
        now = time.monotonic()
        self._until = time.thread_time() + COMMIT_S
        self._look_at = now + COMMIT_S
        self._at_the_latest = now + GATHER_S

    def left(self) -> bool:
        now = time.monotonic()
        if (
            now >= self._look_at
        ):  # before, the thread cannot have used up its time, and asking is a system call
            self._look_at = now + self._until - time.thread_time()
        return now < self._look_at and now < self._at_the_latest


class Writer:
    """Owns the writing connection and its thread. ``told`` hears of accepted deliveries after each commit."""

    def __init__(
        self, database: Database, tx: SqliteTx, settler: Settler, tidier: Tidier, queue: Queue, clock: Clock
    ) -> None:
        self._database = database
        self._raw = database.raw
        self._tx = tx
        self._settler = settler
        self._tidier = tidier
        self._queue = queue
        self._clock = clock
        self._commits = {"callers": Commits(), "outcomes": Commits()}
        self._events = self._deliveries = 0  # accepted
        self._works: deque[Work] = deque()
        self._jobs: deque[Job] = deque()
        self.told: list[Callable[[Sequence[Delivery]], None]] = []
        self._thread = threading.Thread(target=self._run, name="airhook-writer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Work off what was submitted, then end the thread."""
        self._queue.close()
        self._thread.join()

    def stats(self) -> WriterStats:
        """May be asked for on any thread."""
        callers, jobs = self._queue.waiting()
        return WriterStats(
            events=self._events,
            deliveries=self._deliveries,
            commits=self._commits,
            callers_waiting=callers,
            outcomes_waiting=jobs,
        )

    def _run(self) -> None:
        tidy_at, more, waits = 0.0, False, True
        worked_at = time.monotonic()
        while waits or self._works or self._jobs:
            if time.monotonic() >= tidy_at:
                more = self._tidier.tidy(idle=time.monotonic() - worked_at >= QUIET_S)
                tidy_at = time.monotonic() + (0 if more else TIDY_EVERY_S)
            busy = more or self._works or self._jobs
            waits = self._queue.take(self._works, self._jobs, 0 if busy else TIDY_EVERY_S)
            if self._works or self._jobs:
                worked_at = time.monotonic()
                self._work_off()

    def _work_off(self) -> None:
        """A round: a commit's part of the works, and of the outcomes."""
        outcomes = self._next_outcomes()
        if sum(len(job.outcomes) for job in outcomes) >= TOGETHER:
            self._commit_together(outcomes)
            return
        if self._works:
            self._commit_next_works()
        if outcomes:
            self._settle(outcomes)
        elif self._jobs:
            self._work_off_job(self._jobs.popleft())

    # --- works of callers ---------------------------------------------------------------------------------------

    def _run_works(self, batch: list[Work]) -> tuple[int, list[Delivery]]:
        """Run and write a commit's part of them, which is put into ``batch``; the number of events, and the deliveries."""
        self._database.prove_there()
        patience = Patience()
        while self._works and self._tx.gathered < MAX_ACCEPTS and patience.left():
            batch.append(self._works.popleft())
            self._run_work(batch[-1])
        return self._tx.gathered, self._tx.write_accepted()

    def _commit_together(self, jobs: Sequence[Outcomes]) -> None:
        """One commit for both: the log's, which outcomes need, goes on while the callers' works run."""
        works: list[Work] = []
        outcomes = [outcome for job in jobs for outcome in job.outcomes]
        began, begun = time.monotonic(), False
        try:
            with transaction(self._raw):
                begun = True
                with self._settler.settling(outcomes, self._clock.now_ms()) as settled:
                    events, accepted = self._run_works_meanwhile(works)
        except Exception as error:
            self._commit_apart(works, jobs, error, begun=begun)
            return
        if works:
            self._count(works, events, accepted, began)
        self._commits["outcomes"].observe(len(outcomes), time.monotonic() - began)
        self._tell(works, accepted)
        self._tell_settled(jobs, settled)

    def _run_works_meanwhile(self, batch: list[Work]) -> tuple[int, list[Delivery]]:
        """Those at hand, and, as long as the log commits, those that arrive: a commit's part in all."""
        until = time.monotonic() + GATHER_S
        events, accepted = self._run_works(batch)
        while (
            events < MAX_ACCEPTS
            and time.monotonic() < until
            and self._queue.take_while(self._settler.is_logging, self._works, self._jobs)
        ):
            more, also_accepted = self._run_works(batch)
            events += more
            accepted += also_accepted
        return events, accepted

    def _commit_apart(
        self, works: Sequence[Work], jobs: Sequence[Outcomes], error: Exception, *, begun: bool
    ) -> None:
        """What is wrong with the one must not fail the other; a log that cannot commit is no matter of the callers."""
        self._tx.forget()
        self._works.extendleft(reversed(works))
        if not begun and (down := unavailable(error)):  # each try may wait for a lock
            self._fail_works(tuple(self._works), down)
            self._works.clear()
            _fail_outcomes(jobs, down)
            return
        if self._works:
            self._commit_next_works()
        self._settle(jobs)

    def _commit_next_works(self) -> None:
        batch: list[Work] = []
        began = time.monotonic()
        try:
            with transaction(self._raw):
                events, accepted = self._run_works(batch)
        except Exception as error:
            if not batch:  # no transaction can begin: everyone hears of it now, not one after another
                batch.extend(self._works)
                self._works.clear()
            isolate(batch, error, self._commit_works, self._fail_works)
        else:
            self._count(batch, events, accepted, began)
            self._tell(batch, accepted)

    def _commit_works(self, works: Sequence[Work]) -> None:
        self._tx.forget()
        self._database.prove_there()
        began = time.monotonic()
        with transaction(self._raw):
            for work in works:
                self._run_work(work)
            events = self._tx.gathered
            accepted = self._tx.write_accepted()
        self._count(works, events, accepted, began)
        self._tell(works, accepted)

    def _count(self, works: Sequence[Work], events: int, accepted: Sequence[Delivery], began: float) -> None:
        self._events += events
        self._deliveries += len(accepted)
        self._commits["callers"].observe(len(works), time.monotonic() - began)

    def _run_work(self, work: Work) -> None:
        work.result, work.error = None, None
        try:
            work.result = self._tx.run(work.run)
        except Exception as error:
            if unavailable(error) or not self._raw.in_transaction:
                raise
            work.error = error

    def _fail_works(self, works: Sequence[Work], error: Exception) -> None:
        self._tx.forget()
        for work in works:
            # Each gets his own: one that is raised many times gathers all their tracebacks.
            own = UnavailableError(error.message) if isinstance(error, UnavailableError) else error
            work.result, work.error = None, own
        self._answer(works)

    def _tell(self, works: Sequence[Work], accepted: Sequence[Delivery]) -> None:
        for told in self.told if accepted else ():
            _call(told, accepted)
        self._answer(works)

    def _answer(self, works: Sequence[Work]) -> None:
        """Wake the callers: once for each event loop, not once for each of them."""
        self._queue.answered(len(works))
        loops: dict[asyncio.AbstractEventLoop, list[Work]] = {}
        for work in works:
            loops.setdefault(work.loop, []).append(work)
        for loop, mine in loops.items():
            if not loop.is_closed():
                _call(loop.call_soon_threadsafe, _resolve, mine)

    # --- what the delivery engine has to say --------------------------------------------------------------------

    def _work_off_job(self, job: Job) -> None:
        if isinstance(job, Freeing):
            self._free(job)
        elif isinstance(job, Standings):
            self._save(job)

    def _settle(self, batch: Sequence[Outcomes]) -> None:
        try:
            self._commit_outcomes(batch)
        except Exception as error:
            isolate(batch, error, self._commit_outcomes, _fail_outcomes)

    def _next_outcomes(self) -> list[Outcomes]:
        batch: list[Outcomes] = []
        count = 0
        while self._jobs and isinstance(job := self._jobs[0], Outcomes):
            count += len(job.outcomes)
            if batch and count > MAX_OUTCOMES:
                break
            batch.append(job)
            self._jobs.popleft()
        return batch

    def _commit_outcomes(self, jobs: Sequence[Outcomes]) -> None:
        outcomes = [outcome for job in jobs for outcome in job.outcomes]
        began = time.monotonic()
        settled = self._settler.settle(outcomes, self._clock.now_ms())
        self._commits["outcomes"].observe(len(outcomes), time.monotonic() - began)
        self._tell_settled(jobs, settled)

    def _tell_settled(self, jobs: Sequence[Outcomes], settled: Settled) -> None:
        if len(jobs) == 1:
            _call(jobs[0].done, settled)
            return
        applied = {id(outcome) for outcome in settled.applied}
        promoted = {delivery.lane: delivery for delivery in settled.promoted}
        for job in jobs:
            mine = [outcome for outcome in job.outcomes if id(outcome) in applied]
            freed = [promoted.pop(one.delivery.lane) for one in mine if one.delivery.lane in promoted]
            _call(job.done, Settled(applied=mine, promoted=freed))

    def _save(self, job: Standings) -> None:
        try:
            standings.save(self._database, job.rows)
        except Exception as error:
            _call(job.done, unavailable(error) or error)
        else:
            _call(job.done, None)

    def _free(self, job: Freeing) -> None:
        """Free some of them; the rest when those who wait by now have had their turn."""
        try:
            freed = self._settler.free_held(job.now_ms, MAX_OUTCOMES)
        except Exception as error:
            _call(job.done, job.freed or unavailable(error) or error)
            return
        job.freed += freed
        if len(freed) == MAX_OUTCOMES and len(job.freed) < MAX_FREED:
            self._jobs.append(job)
        else:
            _call(job.done, job.freed)


def _fail_outcomes(jobs: Sequence[Outcomes], error: Exception) -> None:
    for job in jobs:
        _call(job.done, error)


def _resolve(works: Sequence[Work]) -> None:
    for work in works:
        if work.future.done():  # its caller gave up
            continue
        if work.error is None:
            work.future.set_result(work.result)
        else:
            work.future.set_exception(work.error)


def _call(told: Callable[..., object], *arguments: object) -> None:
    """Tell somebody; whatever he does with it, the writer goes on."""
    try:
        told(*arguments)
    except Exception:
        _logger.exception("%r failed on the writer's thread", told)
