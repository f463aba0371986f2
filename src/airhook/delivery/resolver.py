"""Names to addresses, off the sending thread: own threads, so that a dead name delays nobody else (design D6).

Each name is looked up by one thread at a time and given up after three seconds. Its thread stays behind until the
system's resolver lets go of it; such stuck threads do not count against the pool, up to a limit of their own.
Names that were given up last time share a quarter of the pool. Answers are kept for a short while, good ones are
served a little past their time while they are looked up anew.

``get``, ``collect`` and ``next_deadline`` belong to one thread, the engine's.
"""

import itertools
import math
import queue
import socket
import threading
from collections import deque
from collections.abc import Callable

import msgspec

from airhook.core.deliveries import ErrorClass
from airhook.core.stats import ResolverStats
from airhook.delivery.addresses import literal

THREADS = 32
STUCK_MAX = 256
TROUBLED_SHARE = THREADS // 4
PATIENCE_S = 3.0  # per name
KEEP_S = 30.0  # a good answer
KEEP_STALE_S = 600.0  # a good answer, while the next look-up runs or fails
KEEP_FAILURE_S = 1.0
NAMES_MAX = 100_000

Lookup = Callable[[str], list[str]]


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """``addresses`` of a name, or why there are none."""

    addresses: tuple[str, ...] = ()
    error: ErrorClass | None = None
    detail: str = ""
    took_ms: float = 0


class _Name(msgspec.Struct, kw_only=True):
    known: Resolution | None = None
    fresh_until: float = 0
    stale_until: float = 0
    since: float | None = None  # a look-up is wanted or under way
    deadline: float | None = None  # of the one under way
    troubled: bool = False  # given up last time
    ticket: int = 0  # of the newest look-up: answers of older ones are not heard


def system_lookup(host: str) -> list[str]:
    """Every address that the system's resolver knows, in its order."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """``wake`` is called from a look-up's thread when ``collect`` has something to fetch."""

    def __init__(
        self, monotonic: Callable[[], float], wake: Callable[[], None], lookup: Lookup = system_lookup
    ) -> None:
        self._monotonic = monotonic
        self._wake = wake
        self._lookup = lookup
        self._names: dict[str, _Name] = {}
        self._waiting: deque[str] = deque()
        self._waiting_troubled: deque[str] = deque()
        self._running: dict[str, _Name] = {}  # in order of their deadlines
        self._tickets = itertools.count(1)
        self._stuck = 0
        self._threads = 0
        self._jobs: queue.SimpleQueue[tuple[str, int] | None] = queue.SimpleQueue()
        self._answers: deque[tuple[str, int, Resolution]] = deque()

    def get(self, host: str) -> Resolution | None:
        """What ``host`` resolves to; None: not known yet, ``collect`` will name it."""
        now = self._monotonic()
        name = self._names.get(host) or self._add(host)
        if now >= name.fresh_until and name.since is None:
            self._want(host, name, now)
        return name.known if now < max(name.fresh_until, name.stale_until) else None

    def collect(self) -> list[str]:
        """Names whose look-up is over since the last call: answered, failed or given up."""
        over = []
        while self._answers:
            host, ticket, answer = self._answers.popleft()
            name = self._names.get(host)
            if name is None or name.ticket != ticket or name.deadline is None:
                self._stuck -= 1  # came too late; its thread is free again
            else:
                over.append(host)
                self._heard(host, name, answer)
        over += self._give_up()
        self._launch()
        return over

    def next_deadline(self) -> float | None:
        """When ``collect`` must be called though nobody woke (monotonic seconds)."""
        first = next(iter(self._running.values()), None)
        return first.deadline if first else None

    def stats(self) -> ResolverStats:
        """May be asked for on any thread."""
        return ResolverStats(
            names=len(self._names),
            running=len(self._running),
            waiting=len(self._waiting) + len(self._waiting_troubled),
            stuck=self._stuck,
        )

    def close(self) -> None:
        for _ in range(self._threads):
            self._jobs.put(None)

    def _add(self, host: str) -> _Name:
        if len(self._names) >= NAMES_MAX:
            idle = [key for key, name in self._names.items() if name.since is None]
            for key in idle:
                del self._names[key]
        name = self._names[host] = _Name()
        address = literal(host)
        if address is not None:
            name.known = Resolution(addresses=(str(address),))
            name.fresh_until = math.inf
        return name

    def _want(self, host: str, name: _Name, now: float) -> None:
        name.since = now
        (self._waiting_troubled if name.troubled else self._waiting).append(host)
        self._launch()

    def _launch(self) -> None:
        while self._waiting and len(self._running) < THREADS and self._stuck < STUCK_MAX:
            self._run(self._waiting.popleft())
        while (
            self._waiting_troubled
            and len(self._running) < THREADS
            and self._stuck < STUCK_MAX
            and sum(name.troubled for name in self._running.values()) < TROUBLED_SHARE
        ):
            self._run(self._waiting_troubled.popleft())

    def _run(self, host: str) -> None:
        name = self._names[host]
        name.ticket = next(self._tickets)
        name.deadline = self._monotonic() + PATIENCE_S
        self._running[host] = name
        if self._threads >= len(self._running) + self._stuck or self._another_thread():
            self._jobs.put((host, name.ticket))
        else:
            self._answers.append((host, name.ticket, _without_thread(host)))
            self._wake()

    def _another_thread(self) -> bool:
        """Whether there is one more now."""
        name = f"airhook-dns-{self._threads + 1}"
        try:
            threading.Thread(target=self._work, name=name, daemon=True).start()
        except RuntimeError:
            return False
        self._threads += 1
        return True

    def _heard(self, host: str, name: _Name, answer: Resolution) -> None:
        now = self._monotonic()
        name.troubled = answer.error is ErrorClass.DNS_TIMEOUT
        took = round((now - (name.since or now)) * 1000, 3)
        name.since = name.deadline = None
        self._running.pop(host, None)
        if answer.error is None:
            name.known = msgspec.structs.replace(answer, took_ms=took)
            name.fresh_until = now + KEEP_S
            name.stale_until = now + KEEP_STALE_S
        else:
            name.fresh_until = now + KEEP_FAILURE_S
            if now >= name.stale_until:
                name.known = msgspec.structs.replace(answer, took_ms=took)

    def _give_up(self) -> list[str]:
        now = self._monotonic()
        running = self._running.items()
        late = [host for host, _ in itertools.takewhile(lambda one: (one[1].deadline or 0) <= now, running)]
        for host in late:
            self._stuck += 1
            self._heard(host, self._names[host], _given_up(host))
        return late

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            host, ticket = job
            self._answers.append((host, ticket, look_up(self._lookup, host)))
            self._wake()


def look_up(lookup: Lookup, host: str) -> Resolution:
    try:
        addresses = lookup(host)
    except Exception as error:  # of whatever module of the system's: a thread that ends by it answers nobody
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Resolution(error=ErrorClass.DNS_FAILED, detail=f"{host} does not resolve: {why}")
    if not addresses:
        return Resolution(error=ErrorClass.DNS_FAILED, detail=f"{host} has no address")
    return Resolution(addresses=tuple(addresses))


def look_up_in_time(lookup: Lookup, host: str, monotonic: Callable[[], float]) -> Resolution:
    """For whoever waits in a thread of its own, for ``PATIENCE_S`` at most.

    The system's resolver cannot be interrupted: it is asked in one more thread, for which nobody waits any longer.
    """
    began = monotonic()
    answer: queue.SimpleQueue[Resolution] = queue.SimpleQueue()
    asking = threading.Thread(
        target=lambda: answer.put(look_up(lookup, host)), name="airhook-name", daemon=True
    )
    try:
        asking.start()
    except RuntimeError:
        return _without_thread(host)
    try:
        found = answer.get(timeout=PATIENCE_S)
    except queue.Empty:
        return _given_up(host)
    return msgspec.structs.replace(found, took_ms=round((monotonic() - began) * 1000, 3))


def _given_up(host: str) -> Resolution:
    return Resolution(error=ErrorClass.DNS_TIMEOUT, detail=f"{host} did not resolve within {PATIENCE_S:g} s")


def _without_thread(host: str) -> Resolution:
    return Resolution(
        error=ErrorClass.DNS_FAILED,
        detail=f"{host} was not looked up: this machine lets us start no more threads; raise its limit of processes",
    )
