"""``airhook bench isolation``: hung receivers and hanging names beside healthy destinations (promise P4).

Pairs of runs on the same configuration: once the bad destinations have nothing to get, once each has callbacks that go
nowhere. Each run measures the healthy ones under full load, then at a steady rate from the intended time to the
receiver; meanwhile single events go to destinations that nobody has called before.
"""

import asyncio
import itertools
import tempfile
import threading
import time
from pathlib import Path

import msgspec
import uvloop

from airhook.core.errors import AirhookError
from airhook.delivery.engine import EngineSettings
from airhook.delivery.resolver import system_lookup
from airhook.delivery.retry import USUAL, Schedules
from airhook.delivery.signing import sign
from airhook.tools.bench import bare, facts, receiver
from airhook.tools.bench.load import ClosedLoad, latencies_ms, open_load, until
from airhook.tools.bench.machine import Fsyncs, median, percentile, rss_mb
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.rig import Rig
from airhook.tools.bench.throughput import sample_body

HEALTHY = 4
NEWCOMERS = 10
BAD_CALLBACKS = 10  # for each bad destination
WARM_UP_S = 1.0
BARE_S = 1.0
HANGING_SUFFIX = ".hangs.example"
LOOKUP_MAX_S = 120.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    runs: int = 5  # pairs
    seconds: float = 6.0  # under full load, and again at the steady rate
    hung: int = 500
    names: int = 200
    per_s: float = 300.0  # of the steady rate
    timeout_s: float = 6.0  # of an attempt: short, so that time-outs and open circuits are within the run


class Destinations(msgspec.Struct, frozen=True, kw_only=True):
    """Places in the configuration, and the URLs that stand there: healthy ones, newcomers, then the bad ones."""

    urls: list[str]
    healthy: range
    newcomers: range
    bad: range


def run(options: Options) -> Report:
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name,
        receiver.own("record", receiver.loopback(HEALTHY + NEWCOMERS)) as good,
        receiver.own("hang", receiver.loopback(options.hung, first=8)) as hung,
    ):
        folder = Path(name)
        fsyncs = Fsyncs(folder)
        libcurl = bare.libcurl_per_s(good.urls[:HEALTHY], sign(sample_body(), facts.KEY, 0).body, BARE_S)
        destinations = _destinations(good, hung, options)
        numbers = itertools.count(2)  # 1 is the bare loop's
        pairs = []
        for number in range(options.runs):
            fsyncs.probe(50)
            both: dict[bool, dict[str, float]] = {}
            for disturbed in (False, True) if number % 2 == 0 else (True, False):
                where = folder / f"{number}-{disturbed}"
                one = _Run(where, destinations, good, hung, numbers, options, disturbed=disturbed)
                both[disturbed] = uvloop.run(one.measure())
            pairs.append(_compare(both[False], both[True]))
        return _report(pairs, fsyncs, libcurl, options)


def _destinations(good: receiver.OwnReceiver, hung: receiver.OwnReceiver, options: Options) -> Destinations:
    names = [f"http://name{at}{HANGING_SUFFIX}:{hung.port}/callback" for at in range(options.names)]
    bad = range(len(good.urls), len(good.urls) + options.hung + options.names)
    return Destinations(
        urls=[*good.urls, *hung.urls, *names],
        healthy=range(HEALTHY),
        newcomers=range(HEALTHY, HEALTHY + NEWCOMERS),
        bad=bad,
    )


class _Run:
    """One database, once through."""

    def __init__(
        self,
        folder: Path,
        destinations: Destinations,
        good: receiver.OwnReceiver,
        hung: receiver.OwnReceiver,
        numbers: "itertools.count[int]",
        options: Options,
        *,
        disturbed: bool,
    ) -> None:
        self._folder = folder
        self._to = destinations
        self._good = good
        self._hung = hung
        self._numbers = numbers
        self._options = options
        self._disturbed = disturbed
        self._over = threading.Event()

    async def measure(self) -> dict[str, float]:
        load = ClosedLoad(self._to.healthy, self._numbers)
        usual = msgspec.structs.replace(USUAL, timeout_s=self._options.timeout_s)
        settings = EngineSettings(schedules=Schedules(usual=usual, by_type={}))
        try:
            async with Rig(
                self._folder,
                self._to.urls,
                settings=settings,
                lookup=self._look_up,
                on_delivered=load.delivered,
            ) as rig:
                await open_load(rig, self._to.healthy, self._numbers, self._options.per_s, WARM_UP_S)
                if self._disturbed:
                    await self._disturb(rig)
                newcomers = asyncio.create_task(self._call_newcomers(rig))
                full = await self._full_load(rig, load)
                intended = await open_load(
                    rig, self._to.healthy, self._numbers, self._options.per_s, self._options.seconds
                )
                called = await newcomers
                await self._all_arrived({**intended, **called})
        finally:
            self._over.set()
        arrivals = await asyncio.to_thread(self._good.arrivals)
        waits, news = latencies_ms(intended, arrivals), latencies_ms(called, arrivals)
        return {
            **full,
            "p50_ms": percentile(waits, 50),
            "p99_ms": percentile(waits, 99),
            "newcomer_max_ms": max(news),
        }

    async def _disturb(self, rig: Rig) -> None:
        """Callbacks for each bad destination; they are accepted like any other, and go nowhere."""
        places = [place for place in self._to.bad for _ in range(BAD_CALLBACKS)]
        for at in range(0, len(places), 200):
            await asyncio.gather(*(rig.accept(next(self._numbers), place) for place in places[at : at + 200]))

    async def _full_load(self, rig: Rig, load: ClosedLoad) -> dict[str, float]:
        hung_s = await asyncio.to_thread(self._hung.cpu_s)
        through = rig.delivered
        load.start(rig)
        began, before, cpu_s = time.perf_counter(), rig.delivered, time.process_time()
        await asyncio.sleep(self._options.seconds)
        await until(lambda: rig.delivered > before)
        count, seconds = rig.delivered - before, time.perf_counter() - began
        cpu_s = time.process_time() - cpu_s
        hung_s = await asyncio.to_thread(self._hung.cpu_s) - hung_s
        await load.stop()
        # What is under way would delay the first ones of the steady rate.
        await rig.settled(through + load.accepted)
        return {"per_s": count / seconds, "cpu_us": cpu_s / count * 1e6, "hung_cpu_us": hung_s / count * 1e6}

    async def _call_newcomers(self, rig: Rig) -> dict[int, int]:
        """One event for each, spread over the whole run."""
        called = {}
        for place in self._to.newcomers:
            number = next(self._numbers)
            called[number] = time.monotonic_ns()
            await rig.accept(number, place)
            await asyncio.sleep(2 * self._options.seconds / len(self._to.newcomers))
        return called

    async def _all_arrived(self, called: dict[int, int], within_s: float = 30.0) -> None:
        """Raises ``AirhookError`` when a callback to a good destination does not arrive at all."""
        deadline = time.monotonic() + within_s
        while missing := called.keys() - {
            number for number, _ in await asyncio.to_thread(self._good.arrivals)
        }:
            if time.monotonic() > deadline:
                raise AirhookError(f"{len(missing)} callbacks to healthy destinations never arrived")
            await asyncio.sleep(0.1)

    def _look_up(self, host: str) -> list[str]:
        if host.endswith(HANGING_SUFFIX):
            self._over.wait(LOOKUP_MAX_S)
            return []
        return system_lookup(host)


def _compare(calm: dict[str, float], disturbed: dict[str, float]) -> dict[str, float]:
    return {
        "healthy_throughput_ratio": disturbed["per_s"] / calm["per_s"],
        "healthy_p99_ratio": disturbed["p99_ms"] / calm["p99_ms"],
        "healthy_p99_ms": disturbed["p99_ms"],
        "baseline_p99_ms": calm["p99_ms"],
        "healthy_cpu_us": disturbed["cpu_us"],
        "baseline_cpu_us": calm["cpu_us"],
        "receivers_cpu_us": disturbed["hung_cpu_us"],
        "healthy_per_s": disturbed["per_s"],
        "baseline_per_s": calm["per_s"],
        "healthy_p50_ms": disturbed["p50_ms"],
        "baseline_p50_ms": calm["p50_ms"],
        "newcomer_max_ms": disturbed["newcomer_max_ms"],
        "baseline_newcomer_max_ms": calm["newcomer_max_ms"],
    }


def _report(pairs: list[dict[str, float]], fsyncs: Fsyncs, libcurl: float, options: Options) -> Report:
    figures = {name: median([pair[name] for pair in pairs]) for name in pairs[0]}
    limit = max(1.5 * figures["baseline_p99_ms"], figures["baseline_p99_ms"] + 5)
    return Report(
        name="isolation",
        figures={
            **figures,
            "hung": options.hung,
            "hanging_names": options.names,
            "libcurl_per_s": libcurl,
            "ratio": figures["healthy_per_s"] / libcurl,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
            "rss_mb": rss_mb(),
        },
        promises={
            "healthy_throughput_ratio": Promise(
                text=">= 0.95", kept=figures["healthy_throughput_ratio"] >= 0.95
            ),
            "healthy_p99_ms": Promise(
                text=f"<= {limit:.1f} (1.5 x or + 5 ms)", kept=figures["healthy_p99_ms"] <= limit
            ),
        },
        runs=pairs,
    )
