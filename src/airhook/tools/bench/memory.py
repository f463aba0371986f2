"""``airhook bench memory``: what many waiting deliveries cost a running server in memory (promise P6).

``airhook serve`` runs on three databases: an empty one, one where all deliveries wait for their next attempt, and one
where all are pending at a receiver that never answers, so that as many as may be are in memory.
"""

import tempfile
import time
from pathlib import Path

import msgspec

from airhook.delivery.signing import sign
from airhook.tools.bench import backlog, bare, facts, machine, receiver
from airhook.tools.bench.machine import Fsyncs
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.serving import Serving
from airhook.tools.bench.throughput import sample_body

PLACES = 4
HOUR_MS = 3_600_000
BARE_S = 1.0
GROWTH_PROMISED_MB = 40.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    waiting: int = 1_000_000
    seconds: float = 15.0  # each server runs after it is ready


def run(options: Options) -> Report:
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name,
        receiver.own("hang", receiver.loopback(PLACES)) as hung,
        receiver.own("answer", receiver.loopback(PLACES)) as good,
    ):
        folder = Path(name)
        fsyncs = Fsyncs(folder)
        fsyncs.probe()
        libcurl = bare.libcurl_per_s(good.urls, sign(sample_body(), facts.KEY, 0).body, BARE_S)
        base = _serve(folder / "base", hung.urls, options, 0)
        later = backlog.waiting_until(time.time_ns() // 1_000_000 + HOUR_MS)
        waiting = _serve(folder / "waiting", hung.urls, options, options.waiting, later)
        pending = _serve(folder / "pending", hung.urls, options, options.waiting)
        fsyncs.probe()
    growth = waiting - base
    return Report(
        name="memory",
        figures={
            "waiting": options.waiting,
            "rss_growth_mb": growth,
            "rss_growth_pending_mb": pending - base,
            "rss_mb": base,
            "rss_waiting_mb": waiting,
            "rss_pending_mb": pending,
            "libcurl_per_s": libcurl,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
        },
        promises={
            "rss_growth_mb": Promise(text=f"<= {GROWTH_PROMISED_MB:.0f}", kept=growth <= GROWTH_PROMISED_MB)
        },
    )


def _serve(
    folder: Path, urls: list[str], options: Options, count: int, change: backlog.Change | None = None
) -> float:
    """The most memory that a server on so many deliveries has had, in MB."""
    config = backlog.prepare(folder, urls)
    if count:
        backlog.fill(folder, config, count, range(PLACES), change=change)
    with Serving(folder) as serving:
        serving.ready_s()
        time.sleep(options.seconds)
        serving.check()
        peak = machine.peak_rss_mb(serving.pid)
        serving.kill()  # nobody waits for what hangs
        return peak
