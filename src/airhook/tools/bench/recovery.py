"""``airhook bench recovery``: kill -9 of a server with many pending deliveries, and what comes after (promise P5).

1. A database with ``pending`` deliveries is made; ``airhook serve`` starts on it and delivers.
2. In the middle of it the process is killed, and started again.
3. When everything is through, the ids that the receiver has are compared with those that were accepted.
4. As many are put into another database for a receiver that hangs, and a hundred newer ones for another receiver.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from airhook.core.errors import AirhookError
from airhook.delivery.signing import sign
from airhook.tools.bench import backlog, bare, behind, facts, machine, receiver
from airhook.tools.bench.machine import Fsyncs
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.serving import Serving
from airhook.tools.bench.throughput import sample_body

DESTINATIONS = 4
KILL_AFTER_PART = 50  # one in so many is delivered by then
KILL_AFTER_MAX = 5000
STALLED_S = 30.0  # without any arrival
LOOK_S = 0.2
BARE_S = 1.0
UNSETTLED_MAX = 4096  # attempts sent whose outcome is not committed (docs/settings.md)
FIRST_PROMISED_S = 2.0


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    pending: int = 1_000_000


def run(options: Options) -> Report:
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name,
        receiver.own("record", receiver.loopback(DESTINATIONS)) as receiving,
    ):
        folder = Path(name)
        fsyncs = Fsyncs(folder)
        fsyncs.probe()
        body = sign(sample_body(), facts.KEY, 0).body  # of event 1, which is not among the pending ones
        libcurl = bare.libcurl_per_s(receiving.urls, body, BARE_S)
        began = time.monotonic()
        config = backlog.prepare(folder, receiving.urls)
        backlog.fill(folder, config, options.pending, range(DESTINATIONS), first=2)
        filled_s = time.monotonic() - began
        figures = _crash_and_drain(folder, receiving, options.pending)
        behind_s = behind.seconds(folder / "behind", options.pending)
        fsyncs.probe()
        return _report(
            {
                **figures,
                "behind_backlog_s": behind_s,
                "filled_s": filled_s,
                "libcurl_per_s": libcurl,
                "ratio": figures["drained_per_s"] / libcurl,
                "fsync_p50_ms": fsyncs.p50_ms,
                "fsync_p99_ms": fsyncs.p99_ms,
            }
        )


def compare(accepted: Iterable[int], arrived: Iterable[int]) -> tuple[int, int]:
    """How many of the accepted ones never arrived, and how many arrivals were repeats."""
    times = Counter(arrived)
    return sum(number not in times for number in accepted), times.total() - len(times)


def _crash_and_drain(folder: Path, receiving: receiver.OwnReceiver, pending: int) -> dict[str, float]:
    bare_count = receiving.count()
    with Serving(folder) as first:
        _until(receiving, bare_count + min(KILL_AFTER_MAX, max(1, pending // KILL_AFTER_PART)), first)
        first.kill()
    time.sleep(LOOK_S)  # what was on the wire arrives
    at_kill = receiving.count()
    settled_at_kill = pending - backlog.unsettled(folder)
    with Serving(folder) as second:
        ready_s = second.ready_s()
        _until(receiving, bare_count + pending, second)
        _until_settled(folder, receiving, second)
        rss = machine.peak_rss_mb(second.pid)
        started = second.started_ns
    arrivals = receiving.arrivals()
    after = [at for _, at in arrivals[at_kill:]]
    lost, repeats = compare(range(2, 2 + pending), [number for number, _ in arrivals[bare_count:]])
    return {
        "pending": pending,
        "first_delivery_s": (after[0] - started) / 1e9,
        "drained_per_s": len(after) / ((after[-1] - after[0]) / 1e9) if len(after) > 1 else 0.0,
        "lost": lost + backlog.unsettled(folder),
        "duplicated": repeats,
        "unsettled_at_kill": at_kill - bare_count - settled_at_kill,
        "delivered_before_kill": at_kill - bare_count,
        "ready_s": ready_s,
        "rss_mb": rss,
    }


def _until(receiving: receiver.OwnReceiver, count: int, serving: Serving) -> None:
    """Wait for the ``count``-th request. Raises ``AirhookError`` when nothing arrives any more."""
    seen, since = receiving.count(), time.monotonic()
    while seen < count:
        time.sleep(0.002 if count - seen < KILL_AFTER_MAX else LOOK_S)
        serving.check()
        now = receiving.count()
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > STALLED_S:
            raise AirhookError(f"nothing arrives any more after {seen} of {count} requests")


def _until_settled(folder: Path, receiving: receiver.OwnReceiver, serving: Serving) -> None:
    """What the first process has sent without settling is sent again: the last ids may come after the last request."""
    left, since = backlog.unsettled(folder), time.monotonic()
    while left:
        time.sleep(LOOK_S)
        serving.check()
        now = backlog.unsettled(folder)
        if now != left:
            left, since = now, time.monotonic()
        elif time.monotonic() - since > STALLED_S:
            raise AirhookError(
                f"{left} deliveries are not settled, {receiving.count()} requests have arrived"
            )


def _report(figures: dict[str, float]) -> Report:
    return Report(
        name="recovery",
        figures=dict(figures),
        promises={
            "first_delivery_s": Promise(
                text=f"<= {FIRST_PROMISED_S:.0f}", kept=figures["first_delivery_s"] <= FIRST_PROMISED_S
            ),
            "lost": Promise(text="0", kept=figures["lost"] == 0),
            "duplicated": Promise(
                text=f"<= {figures['unsettled_at_kill']:.0f} unsettled at the kill",
                kept=figures["duplicated"] <= min(figures["unsettled_at_kill"], UNSETTLED_MAX),
            ),
        },
    )
