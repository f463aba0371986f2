"""Load on a rig: closed loops that keep so many events under way, and an open loop that keeps its times.

The open loop counts from the intended time: an event that could not start in time has waited, too.
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence

import msgspec

from airhook.core.deliveries import Outcome
from airhook.core.errors import AirhookError
from airhook.tools.bench.rig import Rig

CALLERS = 256
PATIENCE_S = 30.0
UNDER_WAY = 1000  # accepted and not through


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How far a load was at a moment."""

    at: float  # seconds of time.perf_counter
    delivered: int


class ClosedLoad:
    """``callers`` accept one event after another, as long as not more than ``under_way`` are between accept and end."""

    def __init__(
        self, places: Sequence[int], numbers: "itertools.count[int]", under_way: int = UNDER_WAY
    ) -> None:
        self.accepted = 0
        self.accept_ms: list[float] = []
        self.through_ms: list[float] = []
        self._places = itertools.cycle(places)
        self._numbers = numbers
        self._room = asyncio.Semaphore(under_way)
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        self._bounded = True

    def start(self, rig: Rig, *, bounded: bool = True) -> None:
        """``bounded=False``: nobody delivers, so only the callers bound what is under way."""
        self._bounded = bounded
        self._tasks = [asyncio.create_task(self._call(rig)) for _ in range(CALLERS)]

    async def stop(self) -> None:
        """Start no more and wait for the accepts under way. Raises what a caller ran into."""
        self._stopping = True
        self._room_for(CALLERS)
        await asyncio.gather(*self._tasks)

    _stopping = False

    def delivered(self, outcomes: Sequence[Outcome]) -> None:
        """Called on the writer's thread with what is through."""
        now_ms = time.time_ns() / 1e6
        self.through_ms += [now_ms - one.delivery.created_ms for one in outcomes]
        self._loop.call_soon_threadsafe(self._room_for, len(outcomes))

    def _room_for(self, count: int) -> None:
        for _ in range(count):
            self._room.release()

    async def _call(self, rig: Rig) -> None:
        while True:
            if self._bounded:
                await self._room.acquire()
            if self._stopping:
                return
            began = time.perf_counter()
            await rig.accept(next(self._numbers), next(self._places))
            self.accepted += 1
            self.accept_ms.append((time.perf_counter() - began) * 1000)


async def until(happened: Callable[[], bool]) -> None:
    """Lengthen a window in which a slow machine did nothing: no rate can be told of it."""
    end = time.perf_counter() + PATIENCE_S
    while not happened():
        if time.perf_counter() > end:
            raise AirhookError(f"nothing was done within {PATIENCE_S:.0f} s of load")
        await asyncio.sleep(0.01)


async def open_load(
    rig: Rig, places: Sequence[int], numbers: "itertools.count[int]", per_s: float, seconds: float
) -> dict[int, int]:
    """Accept ``per_s`` events a second; when each was to start, by number, in monotonic nanoseconds."""
    intended: dict[int, int] = {}
    tasks: set[asyncio.Task[None]] = set()
    cycle = itertools.cycle(places)
    began = time.monotonic_ns()
    for at in range(round(per_s * seconds)):
        due = began + round(at / per_s * 1e9)
        ahead = (due - time.monotonic_ns()) / 1e9
        if ahead > 0:
            await asyncio.sleep(ahead)
        number = next(numbers)
        intended[number] = due
        task = asyncio.create_task(rig.accept(number, next(cycle)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return intended


def latencies_ms(intended: dict[int, int], arrivals: Sequence[tuple[int, int]]) -> list[float]:
    """From each intended time to its first arrival; those that never arrived are left out."""
    first: dict[int, int] = {}
    for number, at in arrivals:
        if number in intended:
            first.setdefault(number, at)
    return [(at - intended[number]) / 1e6 for number, at in first.items()]
