"""What the parts count of themselves, in plain numbers: whoever asks for them does the work, not who counts."""

from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from airhook.core.deliveries import DeliveryState, ErrorClass, ExhaustReason
from airhook.core.destinations import HealthState

COMMIT_ITEMS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
TOOK_MS = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0, 20_000.0)
"""Upper bounds by which attempts are counted: how long each took."""
COMMIT_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)


class Histogram:
    """Counts values by upper bounds; what is larger than all of them is in the last count. For one writing thread."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.total: float = 0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Commits:
    """One kind of commits of the writer: how many items each held, and how long it took."""

    __slots__ = ("items", "seconds")

    def __init__(self) -> None:
        self.items = Histogram(COMMIT_ITEMS)
        self.seconds = Histogram(COMMIT_S)

    def observe(self, items: int, seconds: float) -> None:
        self.items.observe(items)
        self.seconds.observe(seconds)


class WriterStats(msgspec.Struct, frozen=True, kw_only=True):
    """Since the start, but for the queues."""

    events: int  # accepted
    deliveries: int  # accepted
    commits: dict[str, Commits]  # "callers": their transactions; "outcomes": of attempts
    callers_waiting: int
    outcomes_waiting: int


class StoreCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in the database now."""

    deliveries: dict[DeliveryState, int]  # held, pending, waiting
    lanes: int  # streams with an unsettled start or stop
    oldest_due_ms: int | None  # of what is pending or waiting
    destinations: dict[HealthState, int]


class ResolverStats(msgspec.Struct, frozen=True, kw_only=True):
    names: int  # remembered
    running: int  # look-ups
    waiting: int  # names that wait for one
    stuck: int  # threads whose look-up was given up


class EngineStats(msgspec.Struct, frozen=True, kw_only=True):
    in_hand: int  # deliveries in memory
    open: int  # requests under way
    unsettled: int  # requests under way, and outcomes that are not committed yet
    settle_error: str = ""  # why the last commit of outcomes failed; "" when it did not
    attempts: int  # since the start
    delivered: int
    failed: int
    errors: dict[ErrorClass, int]  # failed attempts
    exhausted: dict[ExhaustReason, int]  # deliveries
    took: tuple[int, ...] = ()  # attempts by ``TOOK_MS``, the last count for those above
    resolver: ResolverStats


class SessionStats(msgspec.Struct, frozen=True, kw_only=True):
    live: int  # connected here
    lost: int  # within their reconnect window


class IngestStats(msgspec.Struct, frozen=True, kw_only=True):
    connections: int
    pushes: int  # admitted ones


class MediaStats(msgspec.Struct, frozen=True, kw_only=True):
    workers: int = 0
    tasks: int = 0  # that run
    waiting: int = 0  # for a worker, or for the end of a pause
    rss_bytes: int = 0  # of all workers
    deaths: int = 0  # of workers, since the start
    reports: int = 0  # folders with reports that are not done
    pictures: int = 0  # stored since the start
    audits: dict[str, int] = msgspec.field(default_factory=dict)  # by suggestion, and those that failed


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything. ``counts`` is None when the database could not be read."""

    now_ms: int
    engine: EngineStats
    writer: WriterStats
    sessions: SessionStats
    ingest: IngestStats
    media: MediaStats = MediaStats()
    counts: StoreCounts | None
    log_dropped: int
