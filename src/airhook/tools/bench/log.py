"""``airhook bench log``: searching a large log, and dropping a day of it beside deliveries (promise P8)."""

import asyncio
import datetime as dt
import functools
import itertools
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from airhook.control import search
from airhook.core.clock import ID_LOW_BITS
from airhook.core.ports import Tx
from airhook.core.search import NEWEST, Filter
from airhook.delivery.signing import sign
from airhook.storage.sqlite.logs import DAY_MS, DayLogs, start_ms
from airhook.tools.bench import bare, facts, logfill, receiver
from airhook.tools.bench.load import latencies_ms, open_load
from airhook.tools.bench.machine import MB, Fsyncs, median, percentile
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.rig import Rig
from airhook.tools.bench.throughput import sample_body

FIELDS = ("stream", "domain", "event_type", "url", "destination", "state", "status", "error", "event_id")
HOUR_MS = 3_600_000
PROMISED_MS = 100.0
DROP_PROMISED = 1.5
PER_S = 500.0
BARE_S = 1.0
WARM_UP_S = 1.0
SETTLE_S = 3.0  # from the last row written to the first search: the indexer comes to rest


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    attempts: int = 10_000_000
    queries: int = 40  # of each kind
    runs: int = 3  # days that are dropped
    seconds: float = 5.0  # of deliveries, beside a drop and without one


def run(options: Options) -> Report:
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name,
        receiver.own("record", receiver.loopback(4)) as receiving,
    ):
        folder = Path(name)
        fsyncs = Fsyncs(folder)
        libcurl = bare.libcurl_per_s(receiving.urls, sign(sample_body(), facts.KEY, 0).body, BARE_S)
        return uvloop.run(_measure(folder, receiving, fsyncs, libcurl, options))


async def _measure(
    folder: Path, receiving: receiver.OwnReceiver, fsyncs: Fsyncs, libcurl: float, options: Options
) -> Report:
    async with Rig(folder, receiving.urls) as rig:
        began = time.monotonic()
        filled = logfill.fill(folder, options.attempts, sample_body())
        wrote_s = time.monotonic() - began
        logfill.index(folder, filled)
        indexed_s = time.monotonic() - began - wrote_s
        await asyncio.sleep(SETTLE_S)
        figures: dict[str, float | int | str] = {"attempts": filled.attempts, "deliveries": filled.deliveries}
        times = {field: await _search(rig, field, filled, options) for field in (*FIELDS, "id")}
        every = [ms for one in times.values() for ms in one]
        figures |= {f"{field}_p95_ms": percentile(one, 95) for field, one in times.items()}
        fsyncs.probe()
        pairs = await _drop_days(rig, receiving, filled, options)
        fsyncs.probe()
        log_mb = sum(path.stat().st_size for path in filled.logs.path(filled.days[-1]).parent.iterdir()) / MB
    worst = max(percentile(one, 95) for one in times.values())
    ratio = median([pair["p99_ms"] / pair["calm_p99_ms"] for pair in pairs])
    return Report(
        name="log",
        figures={
            **figures,
            "search_p50_ms": percentile(every, 50),
            "search_p95_ms": worst,
            "drop_p99_ratio": ratio,
            "drop_p99_ms": median([pair["p99_ms"] for pair in pairs]),
            "calm_p99_ms": median([pair["calm_p99_ms"] for pair in pairs]),
            "dropped_mb": median([pair["dropped_mb"] for pair in pairs]),
            "log_mb_left": log_mb,
            "written_per_s": filled.attempts / wrote_s,
            "indexed_per_s": filled.deliveries / max(indexed_s, 1e-9),
            "libcurl_per_s": libcurl,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
        },
        promises={
            "search_p95_ms": Promise(
                text=f"<= {PROMISED_MS:.0f}, the slowest filter's", kept=worst <= PROMISED_MS
            ),
            "drop_p99_ratio": Promise(text=f"<= {DROP_PROMISED}", kept=ratio <= DROP_PROMISED),
        },
        runs=pairs,
    )


async def _search(rig: Rig, field: str, filled: logfill.Filled, options: Options) -> list[float]:
    """Milliseconds of pages of 50: alone, with an hour, from a cursor in the middle, and of a value that nobody has."""
    chance = random.Random(2)  # noqa: S311 - the same in every run
    newest = start_ms(filled.days[-1]) + DAY_MS
    oldest = start_ms(filled.days[0])
    middle = ((newest + oldest) // 2) << ID_LOW_BITS
    kinds: tuple[tuple[bool, int], ...] = ((False, NEWEST), (True, NEWEST), (False, middle))
    waits = []
    for _ in range(options.queries):
        since = chance.randrange(oldest, newest)
        for within_an_hour, before in kinds:
            wanted = Filter(**_values(field, chance, filled))
            if within_an_hour:
                wanted = msgspec.structs.replace(wanted, since_ms=since, until_ms=since + HOUR_MS)
            began = time.perf_counter()
            await search.page(rig.store, facts.ACCOUNT, wanted, 50, before)
            waits.append((time.perf_counter() - began) * 1000)
    return waits


def _values(field: str, chance: random.Random, filled: logfill.Filled) -> dict[str, Any]:
    """One in ten looks for what is not there."""
    if field == "id":
        at_ms = start_ms(chance.choice(filled.days)) + chance.randrange(DAY_MS)
        return {"delivery_id": at_ms << ID_LOW_BITS}
    wanted = logfill.value(field, chance, filled)
    absent = not chance.randrange(10) and field in ("stream", "domain", "url", "event_id")
    return {field: f"absent-{wanted}" if absent else wanted}


async def _drop_days(
    rig: Rig, receiving: receiver.OwnReceiver, filled: logfill.Filled, options: Options
) -> list[dict[str, float]]:
    """Deliveries at a steady rate, without and with a day dropped in their midst, in turn."""
    numbers = itertools.count(2)  # 1 is the bare loop's
    places = range(4)
    sent = await open_load(rig, places, numbers, PER_S, WARM_UP_S)
    await rig.settled(len(sent))
    total = len(sent)
    pairs = []
    for day in filled.days[: options.runs]:
        waits = []
        size = filled.logs.path(day).stat().st_size
        for drops in (False, True):
            intended = await open_load(rig, places, numbers, PER_S, options.seconds / 2)
            if drops:
                await rig.store.transact(functools.partial(_drop, filled.logs, day))
            intended |= await open_load(rig, places, numbers, PER_S, options.seconds / 2)
            total += len(intended)
            await rig.settled(total)
            waits.append(percentile(latencies_ms(intended, receiving.arrivals()), 99))
        pairs.append({"calm_p99_ms": waits[0], "p99_ms": waits[1], "dropped_mb": size / MB})
    return pairs


def _drop(logs: DayLogs, day: dt.date, _tx: Tx) -> None:
    """On the writer's thread, where the server does it."""
    logs.drop(day)
