"""What waits for the writer: works of callers, and what the delivery engine has to say.

The queue of works is bounded: past its limit a caller hears at once that nothing was accepted, instead of waiting for
a commit that comes too late.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from airhook.core.deliveries import Delivery, Outcome
from airhook.core.destinations import DestinationRow
from airhook.core.errors import UnavailableError
from airhook.core.ports import Settled, Tx

MAX_WORKS = 10_000  # waiting callers; about two seconds of work

CLOSED = "The database is closing. Nothing was written; try again."
TOO_MANY = "Too many callers wait for the database. Nothing was accepted; try again."


@dataclass(slots=True, eq=False)
class Work:
    """A caller's transaction: what it does, who waits for it, and what came of it."""

    run: Callable[[Tx], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


@dataclass(slots=True, eq=False)
class Outcomes:
    """Outcomes of attempts that are settled together."""

    outcomes: Sequence[Outcome]
    done: Callable[[Settled | Exception], None]


@dataclass(slots=True, eq=False)
class Freeing:
    """Held deliveries whose time has come are to be freed; ``freed`` are those that are by now."""

    now_ms: int
    done: Callable[[list[Delivery] | Exception], None]
    freed: list[Delivery] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Standings:
    """How destinations are doing is to be saved."""

    rows: Sequence[DestinationRow]
    done: Callable[[Exception | None], None]


Job = Outcomes | Freeing | Standings


class Turns:
    """Works of one turn of an event loop go to the writer together, when the turn is over.

    The first of them would wake the writer, who then takes turns at the interpreter with a loop that has more to hand in,
    and commits that one alone.
    """

    def __init__(self, queue: "Queue") -> None:
        self._queue = queue
        self._works: dict[asyncio.AbstractEventLoop, list[Work]] = {}
        self._lock = threading.Lock()  # the store may be closed on another thread than its callers'

    def put(self, work: Work) -> None:
        """Called on the work's loop."""
        with self._lock:
            works = self._works.get(work.loop)
            if works is None:
                self._works[work.loop] = works = []
                work.loop.call_soon(self._hand_over, work.loop)
            works.append(work)

    def end(self) -> None:
        """Hand in what there is, before the queue is closed."""
        for loop in list(self._works):
            self._hand_over(loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            works = self._works.pop(loop, None)
        if works:
            self._queue.put_works(works)


class Queue:
    """Filled from any thread, emptied by the writer's."""

    def __init__(self, max_works: int = MAX_WORKS) -> None:
        self._max_works = max_works
        self._changed = threading.Condition()
        self._works: deque[Work] = deque()
        self._jobs: deque[Job] = deque()
        self._unanswered = 0
        self._closing = False

    def put_works(self, works: Sequence[Work]) -> None:
        """Those that find no room, or a store that is closing, fail now. Called on the loop of their callers."""
        with self._changed:
            room = 0 if self._closing else max(0, self._max_works - self._unanswered)
            why = CLOSED if self._closing else TOO_MANY
            taken = works[:room]
            self._works.extend(taken)
            self._unanswered += len(taken)
            self._changed.notify()
        for work in works[room:]:
            if not work.future.done():
                work.future.set_exception(UnavailableError(why))

    def put_jobs(self, jobs: Sequence[Job]) -> None:
        """Raises ``UnavailableError`` when the store is closing. The engine bounds what it has under way."""
        with self._changed:
            if self._closing:
                raise UnavailableError(CLOSED)
            self._jobs.extend(jobs)
            self._changed.notify()

    def answered(self, count: int) -> None:
        """Make room for as many more works."""
        with self._changed:
            self._unanswered -= count

    def waiting(self) -> tuple[int, int]:
        """Callers without an answer, and outcomes that nobody has taken yet."""
        with self._changed:
            jobs = sum(len(job.outcomes) for job in self._jobs if isinstance(job, Outcomes))
            return self._unanswered, jobs

    def take(self, works: deque[Work], jobs: deque[Job], timeout_s: float) -> bool:
        """Move what has arrived into ``works`` and ``jobs``, waiting for it if need be; False once it is closed."""
        with self._changed:
            if timeout_s and not (self._works or self._jobs or self._closing):
                self._changed.wait(timeout_s)
            self._move(works, jobs)
            return not self._closing

    def take_while(self, going_on: Callable[[], bool], works: deque[Work], jobs: deque[Job]) -> bool:
        """Wait for works while something goes on, whose end comes with ``wake``; whether there are any before."""
        with self._changed:
            self._changed.wait_for(lambda: works or self._works or not going_on())
            self._move(works, jobs)
        return bool(works) and going_on()

    def wake(self) -> None:
        """Let ``take_while`` look whether it still goes on."""
        with self._changed:
            self._changed.notify()

    def _move(self, works: deque[Work], jobs: deque[Job]) -> None:
        works.extend(self._works)
        self._works.clear()
        jobs.extend(self._jobs)
        self._jobs.clear()

    def close(self) -> None:
        """Take nothing more; what waits is still worked off."""
        with self._changed:
            self._closing = True
            self._changed.notify()
