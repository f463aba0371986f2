"""``airhook bench growth``: a large configuration, as fast as a small one (promise P7).

Pairs of runs with few and with many domains, templates and rules. Then a server runs on the large one, delivering
callbacks that become due one after another, while another process changes the key that signs them: the change counts
with the first callback that bears the new signature.
"""

import asyncio
import tempfile
import time
from contextlib import closing
from pathlib import Path

import msgspec
import uvloop

from airhook.core.clock import SystemClock
from airhook.core.deliveries import Delivery
from airhook.core.errors import AirhookError
from airhook.core.ports import Tx
from airhook.delivery.signing import sign
from airhook.storage.secretbox import load_or_create_secret_key
from airhook.storage.sqlite import open_store
from airhook.tools.bench import backlog, bare, facts, receiver, throughput
from airhook.tools.bench.machine import Fsyncs, median, rss_mb
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.serving import Serving

BARE_S = 1.0
NEW_KEY = "changed0changed0"
EVERY_MS = 10  # a callback becomes due while the change is watched
WATCHED_S = 4.0
SLOWER_PROMISED = 1.25
COUNTS_PROMISED_S = 1.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    runs: int = 3  # pairs
    seconds: float = 3.0
    count: int = 50_000  # domains, templates and rules, each
    destinations: int = 4


def run(options: Options) -> Report:
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name,
        receiver.answering(receiver.loopback(options.destinations)) as receiving,
        receiver.own("keep", receiver.loopback(1)) as keeping,
    ):
        folder = Path(name)
        fsyncs = Fsyncs(folder)
        fsyncs.probe()
        body = sign(throughput.sample_body(), facts.KEY, 0).body
        libcurl = bare.libcurl_per_s(receiving.urls, body, BARE_S)
        pairs = [_pair(folder / str(number), receiving.urls, options) for number in range(options.runs)]
        change = _change_counts_s(folder / "change", keeping, options)
        fsyncs.probe()
        return _report(pairs, change, fsyncs, libcurl, options)


def _pair(folder: Path, urls: list[str], options: Options) -> dict[str, float]:
    rates: dict[str, float] = {}
    for name, count in (("small", len(urls)), ("large", options.count)):
        # Every domain gets events, not only the first ones.
        many = [urls[at % len(urls)] for at in range(count)]
        plain = throughput.Options(seconds=options.seconds)
        whole = uvloop.run(throughput.deliver(folder / name, many, plain))
        accepts = uvloop.run(throughput.accept_only(folder / f"{name}-accepts", many, options.seconds / 2))
        rates[f"{name}_deliveries_per_s"] = whole["deliveries_per_s"]
        rates[f"{name}_accepts_per_s"] = accepts
    return {
        "delivery_ratio": rates["small_deliveries_per_s"] / rates["large_deliveries_per_s"],
        "accept_ratio": rates["small_accepts_per_s"] / rates["large_accepts_per_s"],
        **rates,
    }


def _change_counts_s(folder: Path, keeping: receiver.OwnReceiver, options: Options) -> float:
    """From the commit of another process to the first callback with the new signature."""
    config = backlog.prepare(folder, keeping.urls * options.count)
    began_ms = time.time_ns() // 1_000_000 + 1000

    def one_after_another(number: int, delivery: Delivery) -> Delivery:
        return backlog.waiting_until(began_ms + number * EVERY_MS)(number, delivery)

    backlog.fill(folder, config, round(WATCHED_S * 1000 / EVERY_MS), [0], change=one_after_another)
    with Serving(folder) as serving:
        serving.ready_s()
        before = keeping.count()
        while keeping.count() == before:
            serving.check()
            time.sleep(0.005)
        changed_ns = _change_key(folder)
        while time.time_ns() // 1_000_000 < began_ms + WATCHED_S * 1000:
            serving.check()
            time.sleep(0.05)
    for at, new in keeping.signed_by(NEW_KEY):
        if new:
            return max(0.0, (at - changed_ns) / 1e9)
    raise AirhookError(f"the change did not count within {WATCHED_S:.0f} s")


def _change_key(folder: Path) -> int:
    """Change the key of the first template; monotonic nanoseconds of the commit."""

    def work(tx: Tx) -> None:
        template = tx.templates(facts.ACCOUNT)[0]
        tx.put_template(
            msgspec.structs.replace(template, callback_key=NEW_KEY, key_version=template.key_version + 1)
        )

    key = load_or_create_secret_key(folder / backlog.KEY_FILE)
    with closing(open_store(folder, SystemClock(), secret_key=key)) as store:
        asyncio.run(store.transact(work))
        return time.monotonic_ns()


def _report(
    pairs: list[dict[str, float]], change: float, fsyncs: Fsyncs, libcurl: float, options: Options
) -> Report:
    figures = {name: median([pair[name] for pair in pairs]) for name in pairs[0]}
    return Report(
        name="growth",
        figures={
            "count": options.count,
            **figures,
            "change_counts_s": change,
            "libcurl_per_s": libcurl,
            "ratio": figures["large_deliveries_per_s"] / libcurl,
            "fsync_p50_ms": fsyncs.p50_ms,
            "fsync_p99_ms": fsyncs.p99_ms,
            "rss_mb": rss_mb(),
        },
        promises={
            "delivery_ratio": Promise(
                text=f"<= {SLOWER_PROMISED}", kept=figures["delivery_ratio"] <= SLOWER_PROMISED
            ),
            "accept_ratio": Promise(
                text=f"<= {SLOWER_PROMISED}", kept=figures["accept_ratio"] <= SLOWER_PROMISED
            ),
            "change_counts_s": Promise(text=f"<= {COUNTS_PROMISED_S:.0f}", kept=change <= COUNTS_PROMISED_S),
        },
        runs=pairs,
    )
