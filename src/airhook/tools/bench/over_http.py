"""What the benchmarks over HTTP share: runs on a fresh folder each, the disk probed around every one of them."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from airhook.core import garbage
from airhook.delivery.signing import sign
from airhook.tools.bench import bare, facts, receiver
from airhook.tools.bench.machine import Fsyncs
from airhook.tools.bench.serving import Serving
from airhook.tools.bench.throughput import sample_body

BARE_S = 1.0
PLACES = 4  # receivers
PROBES = 100  # before and after each run


class Measured(msgspec.Struct, frozen=True):
    """The figures of each run, and what the machine did by itself in the same minutes."""

    runs: list[dict[str, float]]
    fsyncs: Fsyncs
    libcurl_per_s: float


def measure(folder: Path | None, runs: int, one: Callable[[Path, list[str]], dict[str, float]]) -> Measured:
    """``one`` gets a folder of its own and the receivers' URLs, and gives the figures of a run."""
    with (
        tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=folder) as name,
        receiver.own("answer", receiver.loopback(PLACES)) as good,
    ):
        fsyncs = Fsyncs(Path(name))
        libcurl = bare.libcurl_per_s(good.urls, sign(sample_body(), facts.KEY, 0).body, BARE_S)
        figures = []
        for number in range(runs):
            fsyncs.probe(PROBES)
            figures.append(one(Path(name) / str(number), good.urls))
            fsyncs.probe(PROBES)
        return Measured(figures, fsyncs, libcurl)


def address_of(folder: Path, serving: Serving) -> str:
    """Where a server that is ready listens."""
    serving.ready_s()
    garbage.settle()  # the caller's own pauses are none of the server's
    return str(json.loads((folder / "serve.json").read_text("utf-8"))["http"])
