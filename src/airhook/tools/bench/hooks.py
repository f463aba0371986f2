"""``airhook bench hooks``: how long a media server waits for the answers to its hooks (promise P9).

``airhook serve`` runs as a process of its own. Hooks in the form of nginx-rtmp come in an open loop, starts and stops in
turn, while many pushes are on; receivers are paused, so that the figures tell of the hooks alone. At the end each start
and each stop must be an event with its delivery.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import msgspec
import uvloop

from airhook.core.clock import SystemClock
from airhook.core.domains import Domain
from airhook.core.errors import AirhookError
from airhook.core.events import EventType
from airhook.core.ports import Tx
from airhook.core.sources import Source, SourceKind, new_id, new_token
from airhook.storage.secretbox import load_or_create_secret_key
from airhook.storage.sqlite import open_store
from airhook.tools.bench import backlog, facts, over_http
from airhook.tools.bench.http_client import Caller, closed_loop, open_loop
from airhook.tools.bench.machine import Fsyncs, median, percentile
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.serving import Serving

FULL_PER_S = 5000  # the rate of deliveries that is promised
CALLERS = 64
CONNECTIONS = 256
WARM_UP_S = 0.5
TOLD_WITHIN_S = 60.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    runs: int = 5
    seconds: float = 4.0  # of each measurement
    per_s: float = FULL_PER_S
    pushes: int = 1000  # that are on


def run(options: Options) -> Report:
    measured = over_http.measure(
        options.folder, options.runs, lambda folder, urls: _one(folder, urls, options)
    )
    return _report(measured.runs, measured.fsyncs, measured.libcurl_per_s, options)


def _one(folder: Path, urls: list[str], options: Options) -> dict[str, float]:
    source = _prepare(folder, urls)
    with Serving(folder) as serving:
        where = over_http.address_of(folder, serving)
        figures, pushes = uvloop.run(_measure(where, source, options))
        _wait_for(folder, serving, 2 * pushes)
    return figures


def _prepare(folder: Path, urls: list[str]) -> Source:
    """A database with paused receivers of starts and stops, and an nginx-rtmp as their source."""
    backlog.prepare(folder, urls)
    source = Source(
        id=new_id(), account_id=facts.ACCOUNT, kind=SourceKind.NGINX_RTMP, name="bench", token=new_token()
    )

    def work(tx: Tx) -> None:
        tx.put_source(source)
        for place in range(over_http.PLACES):
            # A push that ended by itself is told of at once.
            tx.put_domain(
                Domain(
                    name=facts.domain_of(place),
                    account_id=facts.ACCOUNT,
                    auth_enabled=False,
                    reconnect_window_s=0,
                )
            )
        for template in tx.templates(facts.ACCOUNT):
            url = template.urls[EventType.PUSH_STARTED]
            both = {EventType.PUSH_STARTED: url, EventType.PUSH_ENDED: url}
            tx.put_template(msgspec.structs.replace(template, urls=both))
            tx.put_destination(facts.paused(url))

    secret = load_or_create_secret_key(folder / backlog.KEY_FILE)
    with closing(open_store(folder, SystemClock(), secret_key=secret)) as store:
        asyncio.run(store.transact(work))
    return source


async def _measure(where: str, source: Source, options: Options) -> tuple[dict[str, float], int]:
    """The figures, and how many pushes there were."""
    numbers = itertools.count(1)
    starts = (_hook("publish", number) for number in numbers)
    hooks = _in_turn(numbers, options.pushes)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with Caller(where, source.hook_path, headers, CONNECTIONS) as caller:
        await asyncio.gather(*(caller.post(next(starts)) for _ in range(options.pushes)))
        await closed_loop(caller, hooks, CALLERS, WARM_UP_S)
        calm = await open_loop(caller, hooks, options.per_s / 3, options.seconds)
        full = await open_loop(caller, hooks, options.per_s, options.seconds)
        most = await closed_loop(caller, hooks, CALLERS, options.seconds)
        begun = next(numbers) - 1
        # The first of them may have been told already: a repeat changes nothing.
        last = range(max(1, begun - options.pushes), begun + 1)
        await asyncio.gather(*(caller.post(_hook("publish_done", number)) for number in last))
    figures = {
        "p50_ms": percentile(calm, 50),
        "p99_ms": percentile(calm, 99),
        "full_p50_ms": percentile(full, 50),
        "full_p99_ms": percentile(full, 99),
        "hooks_per_s": most,
    }
    return figures, begun


def _in_turn(numbers: "itertools.count[int]", pushes: int) -> Iterator[bytes]:
    """The start of a new push and the stop of the oldest, so that as many stay on."""
    for number in numbers:
        yield _hook("publish", number)
        yield _hook("publish_done", number - pushes)


def _hook(call: str, number: int) -> bytes:
    """As nginx-rtmp writes it, for the connection and the stream of one push."""
    domain = facts.domain_of(number % over_http.PLACES)
    kind = "&type=live" if call == "publish" else ""
    return (
        f"app={facts.APP}&flashver={quote('FMLE/3.0 (compatible; Lavf59.27', safe='/')}&swfurl="
        f"&tcurl=rtmp://{domain}:1935/{facts.APP}&pageurl=&addr=203.0.113.7&clientid={number}&call={call}"
        f"&name=room{number}{kind}&vhost={domain}"
    ).encode()


def _wait_for(folder: Path, serving: Serving, events: int) -> None:
    """Until each start and stop has its delivery. Raises ``AirhookError`` when one is missing, or one too many."""
    deadline = time.monotonic() + TOLD_WITHIN_S
    while (kept := backlog.unsettled(folder)) < events and time.monotonic() < deadline:
        serving.check()
        time.sleep(0.1)
    if kept != events:
        raise AirhookError(f"{events} starts and stops were accepted, and {kept} are in the database")


def _report(runs: list[dict[str, float]], fsyncs: Fsyncs, libcurl: float, options: Options) -> Report:
    figures = {name: median([run[name] for run in runs]) for name in runs[0]}
    calm, full = 20 + 2 * fsyncs.p99_ms, 150
    return Report(
        name="hooks",
        figures={
            **figures,
            "full_per_s": options.per_s,
            "pushes": options.pushes,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
            "libcurl_per_s": libcurl,
            "ratio": figures["hooks_per_s"] / libcurl,
        },
        promises={
            "p99_ms": Promise(text=f"<= {calm:.1f} (20 + 2 fsync p99)", kept=figures["p99_ms"] <= calm),
            "full_p99_ms": Promise(text=f"<= {full}", kept=figures["full_p99_ms"] <= full),
        },
        runs=runs,
    )
