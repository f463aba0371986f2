"""``airhook bench rest``: start-up to ready on an existing database, and what a server costs that does nothing (P11)."""

import tempfile
import time
from pathlib import Path

import msgspec

from airhook.delivery.signing import sign
from airhook.tools.bench import backlog, bare, facts, machine, receiver
from airhook.tools.bench.machine import Fsyncs, median
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.serving import Serving
from airhook.tools.bench.throughput import sample_body

PLACES = 4
SETTLE_S = 1.0  # from the console's first page to rest
BARE_S = 1.0
READY_PROMISED_S = 1.0
IDLE_PROMISED = 1.0  # percent of a core
RSS_PROMISED_MB = 150.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    runs: int = 5
    seconds: float = 5.0  # of rest


def run(options: Options) -> Report:
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name,
        receiver.own("answer", receiver.loopback(PLACES)) as good,
    ):
        folder = Path(name)
        fsyncs = Fsyncs(folder)
        fsyncs.probe()
        libcurl = bare.libcurl_per_s(good.urls, sign(sample_body(), facts.KEY, 0).body, BARE_S)
        backlog.prepare(folder, good.urls)
        runs = [_rest(folder, options.seconds) for _ in range(options.runs)]
    figures = {name: median([run[name] for run in runs]) for name in runs[0]}
    return Report(
        name="rest",
        figures={
            **figures,
            "libcurl_per_s": libcurl,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
        },
        promises={
            "ready_s": Promise(
                text=f"<= {READY_PROMISED_S:.0f}", kept=figures["ready_s"] <= READY_PROMISED_S
            ),
            "idle_cpu_percent": Promise(
                text=f"<= {IDLE_PROMISED:.0f} % of a core", kept=figures["idle_cpu_percent"] <= IDLE_PROMISED
            ),
            "rss_mb": Promise(text=f"<= {RSS_PROMISED_MB:.0f}", kept=figures["rss_mb"] <= RSS_PROMISED_MB),
        },
        runs=runs,
    )


def _rest(folder: Path, seconds: float) -> dict[str, float]:
    with Serving(folder) as serving:
        ready_s = serving.ready_s()
        console_s = serving.answered_s("/console/sign-in")  # what is loaded after the start is here then
        time.sleep(SETTLE_S)
        began, before = time.monotonic(), machine.cpu_s(serving.pid)
        time.sleep(seconds)
        busy = machine.cpu_s(serving.pid) - before
        return {
            "ready_s": ready_s,
            "console_s": console_s,
            "idle_cpu_percent": 100 * busy / (time.monotonic() - began),
            "rss_mb": machine.rss_mb(serving.pid),
        }
