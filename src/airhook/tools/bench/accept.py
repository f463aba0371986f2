"""``airhook bench accept``: durable accepts over HTTP, single events and batches (promise P3).

``airhook serve`` runs as a process of its own, with its receivers' destinations paused: what is measured is the way
from a request to the answer after the commit of the event and its delivery, beside no delivery work.
"""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import uvloop

from airhook.control.bearer import new_bearer_key
from airhook.core.clock import SystemClock
from airhook.core.errors import AirhookError
from airhook.core.events import EventType
from airhook.core.ports import Tx
from airhook.storage.secretbox import load_or_create_secret_key
from airhook.storage.sqlite import open_store
from airhook.tools.bench import backlog, facts, over_http
from airhook.tools.bench.http_client import Caller, closed_loop, open_loop
from airhook.tools.bench.machine import Fsyncs, median, percentile
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.serving import Serving
from airhook.web import events

BATCH = 50  # events
SINGLE_CALLERS = 64
BATCH_CALLERS = 8
CONNECTIONS = 256
WARM_UP_S = 0.5
SINGLE_PROMISED = 2500  # a second
BATCHED_PROMISED = 15_000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    runs: int = 5
    seconds: float = 4.0  # of each measurement
    per_s: float = SINGLE_PROMISED


def run(options: Options) -> Report:
    measured = over_http.measure(
        options.folder, options.runs, lambda folder, urls: _one(folder, urls, options)
    )
    return _report(measured.runs, measured.fsyncs, measured.libcurl_per_s, options)


def _one(folder: Path, urls: list[str], options: Options) -> dict[str, float]:
    token = _prepare(folder, urls)
    with Serving(folder) as serving:
        where = over_http.address_of(folder, serving)
        figures, sent = uvloop.run(_measure(where, token, options))
    if (kept := backlog.unsettled(folder)) != sent:
        raise AirhookError(f"{sent} events were accepted, and {kept} are in the database")
    return figures


def _prepare(folder: Path, urls: list[str]) -> str:
    """A database whose receivers hear of screenshots, but are paused; a bearer key for it."""
    backlog.prepare(folder, urls)
    token, key = new_bearer_key(1, facts.ACCOUNT, "bench", 1)

    def work(tx: Tx) -> None:
        tx.put_bearer_key(key)
        for template in tx.templates(facts.ACCOUNT):
            url = template.urls[EventType.PUSH_STARTED]
            tx.put_template(msgspec.structs.replace(template, urls={EventType.SCREENSHOT: url}))
            tx.put_destination(facts.paused(url))

    secret = load_or_create_secret_key(folder / backlog.KEY_FILE)
    with closing(open_store(folder, SystemClock(), secret_key=secret)) as store:
        asyncio.run(store.transact(work))
    return token


async def _measure(where: str, token: str, options: Options) -> tuple[dict[str, float], int]:
    """The figures, and how many events were sent."""
    numbers = itertools.count(1)
    singles = (_encode(_event(number)) for number in numbers)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with Caller(where, events.PATH, headers, CONNECTIONS) as caller:
        await closed_loop(caller, singles, SINGLE_CALLERS, WARM_UP_S)
        single = await closed_loop(caller, singles, SINGLE_CALLERS, options.seconds)
        waits = await open_loop(caller, singles, options.per_s, options.seconds)
        batched = await closed_loop(caller, _batches(numbers), BATCH_CALLERS, options.seconds)
    figures = {
        "single_per_s": single,
        "batched_per_s": batched * BATCH,
        "p50_ms": percentile(waits, 50),
        "p99_ms": percentile(waits, 99),
    }
    return figures, next(numbers) - 1


def _batches(numbers: "itertools.count[int]") -> Iterator[bytes]:
    while True:
        yield _encode([_event(next(numbers)) for _ in range(BATCH)])


_encode = msgspec.json.Encoder().encode


def _event(number: int) -> dict[str, object]:
    """What a caller reports of a picture that was taken."""
    return {
        "id": f"bench-{number}",
        "domain": facts.domain_of(number % over_http.PLACES),
        "app": facts.APP,
        "stream": f"room{number % 1000}",
        "event_type": int(EventType.SCREENSHOT),
        "occurred_at": 1_768_482_121,
        "data": {
            "file_size": 58_123,
            "width": 1280,
            "height": 720,
            "pic_url": f"/bench/2026-01-15/room-{number}.jpg",
            "pic_full_url": f"http://pictures.bench.example/bench/2026-01-15/room-{number}.jpg",
        },
    }


def _report(runs: list[dict[str, float]], fsyncs: Fsyncs, libcurl: float, options: Options) -> Report:
    figures = {name: median([run[name] for run in runs]) for name in runs[0]}
    p99_promised = 15 + 2 * fsyncs.p99_ms
    return Report(
        name="accept",
        figures={
            **figures,
            "open_loop_per_s": options.per_s,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
            "libcurl_per_s": libcurl,
            "ratio": figures["single_per_s"] / libcurl,
        },
        promises={
            "single_per_s": Promise(
                text=f">= {SINGLE_PROMISED:,}", kept=figures["single_per_s"] >= SINGLE_PROMISED
            ),
            "batched_per_s": Promise(
                text=f">= {BATCHED_PROMISED:,}", kept=figures["batched_per_s"] >= BATCHED_PROMISED
            ),
            "p99_ms": Promise(
                text=f"<= {p99_promised:.1f} (15 + 2 fsync p99)", kept=figures["p99_ms"] <= p99_promised
            ),
        },
        runs=runs,
    )
