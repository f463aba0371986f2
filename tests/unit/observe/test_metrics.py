"""The page of metrics: its numbers are the parts' numbers, and its documentation lists every one of them."""

import asyncio
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from airhook.core.deliveries import DeliveryState, ErrorClass, ExhaustReason
from airhook.core.destinations import HealthState
from airhook.core.errors import UnavailableError
from airhook.core.stats import (
    Commits,
    EngineStats,
    IngestStats,
    MediaStats,
    Readings,
    ResolverStats,
    SessionStats,
    StoreCounts,
    WriterStats,
)
from airhook.observe.metrics import render
from airhook.observe.scrape import Scraper
from support.desk import NOW_MS, SetClock

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"

ENGINE = EngineStats(
    in_hand=7,
    open=3,
    unsettled=4,
    attempts=30,
    delivered=21,
    failed=9,
    errors=dict.fromkeys(ErrorClass, 0) | {ErrorClass.TIMEOUT: 9},
    exhausted=dict.fromkeys(ExhaustReason, 0) | {ExhaustReason.EXPIRED: 2},
    resolver=ResolverStats(names=11, running=1, waiting=5, stuck=6),
)
COUNTS = StoreCounts(
    deliveries={DeliveryState.HELD: 12, DeliveryState.PENDING: 13, DeliveryState.WAITING: 14},
    lanes=15,
    oldest_due_ms=NOW_MS - 2500,
    destinations=dict.fromkeys(HealthState, 0) | {HealthState.FAILING: 1},
)


def writer():
    commits = Commits()
    for items, seconds in ((1, 0.0004), (30, 0.003), (10_000, 60)):
        commits.observe(items, seconds)
    return WriterStats(
        events=40, deliveries=41, commits={"callers": commits}, callers_waiting=42, outcomes_waiting=43
    )


def readings(counts=COUNTS):
    return Readings(
        now_ms=NOW_MS,
        engine=ENGINE,
        writer=writer(),
        sessions=SessionStats(live=50, lost=51),
        ingest=IngestStats(connections=52, pushes=53),
        media=MediaStats(
            workers=70,
            tasks=75,
            waiting=4,
            rss_bytes=72,
            deaths=73,
            reports=74,
            pictures=76,
            audits={"Block": 77},
        ),
        counts=counts,
        log_dropped=60,
    )


def samples(page):
    families = text_string_to_metric_families(page.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


EXPECTED = {
    ("airhook_events_accepted_total",): 40,
    ("airhook_deliveries_accepted_total",): 41,
    ("airhook_writer_queue", "callers"): 42,
    ("airhook_writer_queue", "outcomes"): 43,
    ("airhook_deliveries_delivered_total",): 21,
    ("airhook_attempts_failed_total", "timeout"): 9,
    ("airhook_attempts_failed_total", "bad_status"): 0,
    ("airhook_deliveries_exhausted_total", "expired"): 2,
    ("airhook_requests_in_flight",): 3,
    ("airhook_deliveries_in_memory",): 7,
    ("airhook_attempts_unsettled",): 4,
    ("airhook_resolver_names",): 11,
    ("airhook_resolver_lookups",): 1,
    ("airhook_resolver_waiting",): 5,
    ("airhook_resolver_stuck",): 6,
    ("airhook_sessions", "live"): 50,
    ("airhook_sessions", "lost"): 51,
    ("airhook_ingest_connections",): 52,
    ("airhook_ingest_pushes",): 53,
    ("airhook_media_tasks", "running"): 71,
    ("airhook_media_tasks", "waiting"): 4,
    ("airhook_media_workers",): 70,
    ("airhook_media_workers_resident_bytes",): 72,
    ("airhook_media_worker_deaths_total",): 73,
    ("airhook_media_reports_waiting",): 74,
    ("airhook_pictures_total",): 76,
    ("airhook_audits_total", "Block"): 77,
    ("airhook_database_readable",): 1,
    ("airhook_deliveries", "held"): 12,
    ("airhook_deliveries", "pending"): 13,
    ("airhook_deliveries", "waiting"): 14,
    ("airhook_lanes",): 15,
    ("airhook_backlog_age_seconds",): 2.5,
    ("airhook_destinations", "failing"): 1,
    ("airhook_log_lines_dropped_total",): 60,
    ("airhook_commit_items_bucket", "callers", "1"): 1,
    ("airhook_commit_items_bucket", "callers", "50"): 2,
    ("airhook_commit_items_bucket", "callers", "+Inf"): 3,
    ("airhook_commit_items_sum", "callers"): 10_031,
    ("airhook_commit_seconds_bucket", "callers", "0.0005"): 1,
    ("airhook_commit_seconds_bucket", "callers", "0.005"): 2,
    ("airhook_commit_seconds_count", "callers"): 3,
}


def test_every_number_is_the_one_its_part_counts():
    found = samples(render(readings(), "")[0])
    assert {name: found.get(name) for name in EXPECTED} == EXPECTED


def test_without_the_database_everything_else_is_still_shown():
    found = samples(render(readings(counts=None), "")[0])
    assert found["airhook_database_readable",] == 0
    assert ("airhook_lanes",) not in found
    assert found["airhook_deliveries_delivered_total",] == 21


@pytest.mark.parametrize(("due_ms", "age"), [(None, 0), (NOW_MS + 60_000, 0), (NOW_MS - 1, 0.001)])
def test_what_is_not_due_yet_is_no_backlog(due_ms, age):
    counts = COUNTS.__class__(
        deliveries=COUNTS.deliveries, lanes=0, oldest_due_ms=due_ms, destinations=COUNTS.destinations
    )
    assert samples(render(readings(counts), "")[0])["airhook_backlog_age_seconds",] == age


def test_openmetrics_is_given_to_whoever_asks_for_it():
    page, kind = render(readings(), "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert page.endswith(b"# EOF\n")


def test_no_label_has_unbounded_values():
    families = text_string_to_metric_families(render(readings(), "")[0].decode())
    labels = {name for family in families for sample in family.samples for name in sample.labels}
    assert labels == {"version", "kind", "le", "error", "reason", "state", "suggestion"}


def test_the_documentation_lists_exactly_these_metrics():
    families = text_string_to_metric_families(render(readings(), "")[0].decode())
    made = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in families
        if family.name.startswith("airhook_")
    }
    assert set(re.findall(r"^\| `(airhook_[a-z_]+)", PAGE.read_text("utf-8"), re.MULTILINE)) == made


class Store:
    """Counts how often it is counted."""

    def __init__(self):
        self.reads = 0
        self.down = False

    async def read(self, _):
        self.reads += 1
        if self.down:
            raise UnavailableError
        return COUNTS


def scraper(store):
    return Scraper(
        store,
        SetClock(),
        engine=lambda: ENGINE,
        writer=writer,
        sessions=lambda: SessionStats(live=0, lost=0),
        ingest=lambda: IngestStats(connections=0, pushes=0),
    )


def test_many_scrapes_count_the_database_once():
    store = Store()

    async def several():
        scrape = scraper(store)
        return await asyncio.gather(*(scrape("") for _ in range(5)))

    pages = asyncio.run(several())
    assert {samples(page)["airhook_lanes",] for page, _ in pages} == {15}
    assert store.reads == 1


def test_a_database_that_cannot_be_read_fails_no_scrape():
    store = Store()
    store.down = True
    page, _ = asyncio.run(scraper(store)(""))
    assert samples(page)["airhook_database_readable",] == 0
