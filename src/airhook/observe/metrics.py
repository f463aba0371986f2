"""Metrics for Prometheus: the parts' own counts, read at the moment of a scrape. ``docs/operations.md`` lists them.

No label names a destination, a stream or an account: their number has no bound.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from airhook import __version__
from airhook.core.stats import (
    EngineStats,
    Histogram,
    IngestStats,
    MediaStats,
    Readings,
    SessionStats,
    StoreCounts,
    WriterStats,
)


def render(readings: Readings, accept: str) -> tuple[bytes, str]:
    """The page and its content type, in the format that the ``Accept`` header asks for."""
    registry = CollectorRegistry(auto_describe=False)  # what other libraries register is not ours to show
    registry.register(NodeCollector(readings))
    ProcessCollector(registry=registry)
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type


class NodeCollector(Collector):
    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterable[Metric]:
        readings = self._readings
        build = GaugeMetricFamily("airhook_build_info", "The release; always 1.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        yield from _accepting(readings.writer)
        yield from _delivering(readings.engine)
        yield from _streams(readings.sessions, readings.ingest)
        yield from _media(readings.media)
        yield from _database(readings.counts, readings.now_ms)
        dropped = "Log lines that were not written, because they came faster than they could be."
        yield CounterMetricFamily("airhook_log_lines_dropped", dropped, readings.log_dropped)


def _accepting(writer: WriterStats) -> Iterator[Metric]:
    yield CounterMetricFamily("airhook_events_accepted", "Events accepted since the start.", writer.events)
    yield CounterMetricFamily(
        "airhook_deliveries_accepted", "Deliveries planned for them.", writer.deliveries
    )
    items = HistogramMetricFamily(
        "airhook_commit_items",
        "Transactions of callers, or outcomes of attempts, in a commit.",
        labels=["kind"],
    )
    seconds = HistogramMetricFamily("airhook_commit_seconds", "How long a commit took.", labels=["kind"])
    for kind, commits in writer.commits.items():
        _add(items, kind, commits.items)
        _add(seconds, kind, commits.seconds)
    yield items
    yield seconds
    waiting = {"callers": writer.callers_waiting, "outcomes": writer.outcomes_waiting}
    yield _gauges("airhook_writer_queue", "What waits for the thread that writes.", "kind", waiting)


def _delivering(engine: EngineStats) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "airhook_deliveries_delivered", "Attempts that succeeded since the start.", engine.delivered
    )
    yield _counters(
        "airhook_attempts_failed", "Attempts that failed since the start.", "error", engine.errors
    )
    yield _counters(
        "airhook_deliveries_exhausted",
        "Deliveries that ended without success since the start.",
        "reason",
        engine.exhausted,
    )
    for name, text, value in (
        ("airhook_requests_in_flight", "Requests under way.", engine.open),
        ("airhook_deliveries_in_memory", "Deliveries that the sender has in hand.", engine.in_hand),
        ("airhook_attempts_unsettled", "Attempts whose outcome is not committed yet.", engine.unsettled),
        ("airhook_resolver_names", "Host names remembered.", engine.resolver.names),
        ("airhook_resolver_lookups", "Look-ups under way.", engine.resolver.running),
        ("airhook_resolver_waiting", "Host names that wait for a look-up.", engine.resolver.waiting),
        ("airhook_resolver_stuck", "Threads whose look-up was given up.", engine.resolver.stuck),
    ):
        yield GaugeMetricFamily(name, text, value)


def _streams(sessions: SessionStats, ingest: IngestStats) -> Iterator[Metric]:
    states = {"live": sessions.live, "lost": sessions.lost}
    yield _gauges("airhook_sessions", "Pushes: connected, or within their reconnect window.", "state", states)
    yield GaugeMetricFamily("airhook_ingest_connections", "RTMP connections.", ingest.connections)
    yield GaugeMetricFamily("airhook_ingest_pushes", "RTMP connections that publish.", ingest.pushes)


def _media(media: MediaStats) -> Iterator[Metric]:
    tasks = {"running": media.tasks - media.waiting, "waiting": media.waiting}
    yield _gauges("airhook_media_tasks", "Recordings and screenshots of single streams.", "state", tasks)
    for name, text, value in (
        ("airhook_media_workers", "Processes that record and take pictures.", media.workers),
        ("airhook_media_workers_resident_bytes", "Memory of them together.", media.rss_bytes),
        ("airhook_media_reports_waiting", "Tasks with files or news not told yet.", media.reports),
    ):
        yield GaugeMetricFamily(name, text, value)
    deaths = "Workers that died since the start."
    yield CounterMetricFamily("airhook_media_worker_deaths", deaths, media.deaths)
    yield CounterMetricFamily("airhook_pictures", "Pictures stored since the start.", media.pictures)
    yield _counters("airhook_audits", "Pictures judged since the start.", "suggestion", media.audits)


def _database(counts: StoreCounts | None, now_ms: int) -> Iterator[Metric]:
    readable = "Whether the database could be counted: 1, or 0."
    yield GaugeMetricFamily("airhook_database_readable", readable, int(counts is not None))
    if counts is None:
        return
    yield _gauges("airhook_deliveries", "Unsettled deliveries.", "state", counts.deliveries)
    yield GaugeMetricFamily("airhook_lanes", "Streams with an unsettled start or stop.", counts.lanes)
    age_s = 0.0 if counts.oldest_due_ms is None else max(0.0, (now_ms - counts.oldest_due_ms) / 1000)
    yield GaugeMetricFamily(
        "airhook_backlog_age_seconds", "For how long the oldest unsettled delivery has been due.", age_s
    )
    yield _gauges("airhook_destinations", "Receivers by how they are doing.", "state", counts.destinations)


def _counters(name: str, text: str, label: str, values: Mapping[Any, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family


def _gauges(name: str, text: str, label: str, values: Mapping[Any, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family


def _add(family: HistogramMetricFamily, kind: str, histogram: Histogram) -> None:
    total, buckets = 0, []
    for bound, count in zip((*histogram.bounds, float("inf")), list(histogram.counts), strict=True):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else f"{bound:g}", total))
    family.add_metric([kind], buckets=buckets, sum_value=histogram.total)
