"""``airhook bench latency``: from an event's intended time to the receiver, at a steady rate (promise P2)."""

import itertools
import tempfile
from pathlib import Path

import msgspec
import uvloop

from airhook.core.errors import AirhookError
from airhook.delivery.signing import sign
from airhook.tools.bench import bare, facts, receiver
from airhook.tools.bench.load import latencies_ms, open_load
from airhook.tools.bench.machine import Fsyncs, median, percentile, rss_mb
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.rig import Rig
from airhook.tools.bench.throughput import sample_body

WARM_UP_S = 1.0
BARE_S = 1.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    runs: int = 5
    seconds: float = 6.0
    per_s: float = 500.0
    destinations: int = 4


def run(options: Options) -> Report:
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name,
        receiver.own("record", receiver.loopback(options.destinations)) as receiving,
    ):
        folder = Path(name)
        fsyncs = Fsyncs(folder)
        body = sign(sample_body(), facts.KEY, 0).body
        libcurl = bare.libcurl_per_s(receiving.urls, body, BARE_S)
        numbers = itertools.count(2)  # 1 is the bare loop's
        runs = []
        for number in range(options.runs):
            fsyncs.probe(100)
            runs.append(uvloop.run(_one(folder / str(number), receiving, numbers, options)))
            fsyncs.probe(100)
        return _report(runs, fsyncs, libcurl, options)


async def _one(
    folder: Path, receiving: receiver.OwnReceiver, numbers: "itertools.count[int]", options: Options
) -> dict[str, float]:
    places = range(options.destinations)
    async with Rig(folder, receiving.urls) as rig:
        warm = await open_load(rig, places, numbers, options.per_s, WARM_UP_S)
        intended = await open_load(rig, places, numbers, options.per_s, options.seconds)
        await rig.settled(len(warm) + len(intended))
    waits = latencies_ms(intended, receiving.arrivals())
    if len(waits) != len(intended):
        raise AirhookError(f"only {len(waits)} of {len(intended)} events arrived")
    return {"p50_ms": percentile(waits, 50), "p99_ms": percentile(waits, 99), "max_ms": max(waits)}


def _report(runs: list[dict[str, float]], fsyncs: Fsyncs, libcurl: float, options: Options) -> Report:
    figures = {name: median([run[name] for run in runs]) for name in runs[0]}
    p50_promised, p99_promised = 3 + fsyncs.p50_ms, 15 + 2 * fsyncs.p99_ms
    return Report(
        name="latency",
        figures={
            **figures,
            "events_per_s": options.per_s,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
            "libcurl_per_s": libcurl,
            "ratio": options.per_s / libcurl,
            "rss_mb": rss_mb(),
        },
        promises={
            "p50_ms": Promise(
                text=f"<= {p50_promised:.1f} (3 + fsync p50)", kept=figures["p50_ms"] <= p50_promised
            ),
            "p99_ms": Promise(
                text=f"<= {p99_promised:.1f} (15 + 2 fsync p99)", kept=figures["p99_ms"] <= p99_promised
            ),
        },
        runs=runs,
    )
