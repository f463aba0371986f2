"""``airhook bench throughput``: durable deliveries a second, accept to settled, beside the bare loop (promise P1).

Each run is a pair: the bare loop, then the whole way, on the same receiver.
"""

import asyncio
import itertools
import tempfile
import time
from pathlib import Path

import msgspec
import uvloop

from airhook.delivery.signing import sign
from airhook.tools.bench import bare, facts, machine, receiver
from airhook.tools.bench.load import UNDER_WAY, ClosedLoad, until
from airhook.tools.bench.machine import Fsyncs, median, percentile
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.rig import Rig

WARM_UP_S = 1.0
RATIO_PROMISED = 0.2
PER_S_PROMISED = 5000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None  # where temporary databases lie: chooses the disk
    runs: int = 5
    seconds: float = 4.0  # of each measurement
    destinations: int = 4
    under_way: int = UNDER_WAY
    receiver: str = "auto"


def run(options: Options) -> Report:
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name,
        receiver.answering(receiver.loopback(options.destinations), options.receiver) as receiving,
    ):
        folder = Path(name)
        fsyncs = Fsyncs(folder)
        runs = [pair(folder / str(number), receiving.urls, fsyncs, options) for number in range(options.runs)]
        figures = {name: median([run[name] for run in runs]) for name in runs[0]}
        rss = machine.rss_mb()
        return _report(figures, runs, fsyncs, receiving.name, rss)


def pair(folder: Path, urls: list[str], fsyncs: Fsyncs, options: Options) -> dict[str, float]:
    """The bare loop and the whole way, one after the other."""
    fsyncs.probe(50)
    body = sign(sample_body(), facts.KEY, 0).body
    libcurl = bare.libcurl_per_s(urls, body, options.seconds)
    whole = uvloop.run(deliver(folder / "whole", urls, options))
    accepts = uvloop.run(accept_only(folder / "accepts", urls, min(options.seconds, 1)))
    fsyncs.probe(50)
    return {
        **whole,
        "libcurl_per_s": libcurl,
        "ratio": whole["deliveries_per_s"] / libcurl,
        "accepts_per_s": accepts,
    }


async def deliver(folder: Path, urls: list[str], options: Options) -> dict[str, float]:
    """Rates of the whole way in its steady state; every accepted event must have been through at the end."""
    load = ClosedLoad(range(len(urls)), itertools.count(1), options.under_way)
    async with Rig(folder, urls, on_delivered=load.delivered) as rig:
        load.start(rig)
        await asyncio.sleep(WARM_UP_S)
        load.accept_ms.clear()
        load.through_ms.clear()
        began, before, cpu_s = time.perf_counter(), rig.delivered, time.process_time()
        await asyncio.sleep(options.seconds)
        await until(lambda: rig.delivered > before)
        count = rig.delivered - before
        rate = count / (time.perf_counter() - began)
        cpu_s = time.process_time() - cpu_s
        through, accepts = list(load.through_ms), list(load.accept_ms)
        await load.stop()
        await rig.settled(load.accepted)
    return {
        "deliveries_per_s": rate,
        "cpu_us": cpu_s / count * 1e6,
        "p50_ms": percentile(through, 50),
        "p99_ms": percentile(through, 99),
        "accept_p50_ms": percentile(accepts, 50),
        "accept_p99_ms": percentile(accepts, 99),
    }


async def accept_only(folder: Path, urls: list[str], seconds: float) -> float:
    """Durable accepts a second while nothing is delivered."""
    load = ClosedLoad(range(len(urls)), itertools.count(1))
    async with Rig(folder, urls, deliver=False) as rig:
        load.start(rig, bounded=False)
        began = time.perf_counter()
        await asyncio.sleep(seconds)
        await until(lambda: load.accepted > 0)
        rate = load.accepted / (time.perf_counter() - began)
        await load.stop()
    return rate


def sample_body() -> bytes:
    """The unsigned body of one of the events."""
    from airhook.dialects import css

    return msgspec.json.encode(css.render(facts.event(1, 0, 1, 1)), order="sorted")


def _report(
    figures: dict[str, float], runs: list[dict[str, float]], fsyncs: Fsyncs, receiving: str, rss: float
) -> Report:
    order = ("deliveries_per_s", "libcurl_per_s", "ratio", "accepts_per_s", "p50_ms", "p99_ms")
    shown = {name: figures[name] for name in (*order, *(name for name in figures if name not in order))}
    return Report(
        name="throughput",
        figures={
            **shown,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
            "rss_mb": rss,
            "receiver": receiving,
        },
        promises={
            "ratio": Promise(text=f">= {RATIO_PROMISED}", kept=figures["ratio"] >= RATIO_PROMISED),
            "deliveries_per_s": Promise(
                text=f">= {PER_S_PROMISED:,}", kept=figures["deliveries_per_s"] >= PER_S_PROMISED
            ),
        },
        runs=runs,
    )
