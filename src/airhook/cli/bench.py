"""``airhook bench``: one command for each benchmark."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from airhook.cli.shape import Command, Group

RECEIVERS_MAX = 5_000  # each listens on a loopback address of its own
PUSHES_MAX = 1_000

folder_option = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path),
    help="Where the temporary databases lie: chooses the disk. Without it, the system's temporary folder.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def runs_option(default: int) -> Callable[[Any], Any]:
    return click.option(
        "--runs", type=click.IntRange(1, 100), default=default, show_default=True, help="The median counts."
    )


def seconds_option(default: float, text: str) -> Callable[[Any], Any]:
    return click.option(
        "--seconds",
        type=click.FloatRange(0.2, 3600),
        default=default,
        show_default=True,
        help=text,
    )


def count_option(name: str, default: int, text: str, most: int = 10_000_000) -> Callable[[Any], Any]:
    return click.option(name, type=click.IntRange(1, most), default=default, show_default=True, help=text)


@click.group(cls=Group)
def group() -> None:
    """Measure what this machine makes of Airhook.

    Every benchmark runs on real parts: a database in a temporary folder, a receiver in another process. It prints what
    it measured beside what is promised, and what libcurl and the disk alone can do in the same run. docs/bench.md
    explains each figure.
    """


@group.command(
    cls=Command, examples=["airhook bench throughput", "airhook bench throughput --folder /srv --json"]
)
@runs_option(5)
@seconds_option(4.0, "Length of each measurement.")
@count_option("--destinations", 4, "Receivers to deliver to.", RECEIVERS_MAX)
@count_option("--under-way", 1000, "Events between accept and end.")
@click.option(
    "--receiver",
    type=click.Choice(["auto", "nginx", "own"]),
    default="auto",
    show_default=True,
    help="`auto` is nginx where it is installed.",
)
@folder_option
@json_option
def throughput(*, as_json: bool, **options: Any) -> None:
    """Durable deliveries a second, beside libcurl alone."""
    from airhook.tools.bench import throughput as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench latency --per-s 500"])
@runs_option(5)
@seconds_option(6.0, "Length of each measurement.")
@click.option(
    "--per-s", type=click.FloatRange(1, 10_000), default=500, show_default=True, help="Events a second."
)
@folder_option
@json_option
def latency(*, as_json: bool, **options: Any) -> None:
    """From an event to its receiver, at a steady rate."""
    from airhook.tools.bench import latency as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench accept"])
@runs_option(5)
@seconds_option(4.0, "Length of each measurement.")
@click.option(
    "--per-s",
    type=click.FloatRange(1, 10_000),
    default=2500,
    show_default=True,
    help="Single events a second while their answers' times are taken.",
)
@folder_option
@json_option
def accept(*, as_json: bool, **options: Any) -> None:
    """Durable accepts over HTTP, single events and batches of 50."""
    from airhook.tools.bench import accept as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench hooks", "airhook bench hooks --per-s 1500"])
@runs_option(5)
@seconds_option(4.0, "Length of each measurement.")
@click.option(
    "--per-s",
    type=click.FloatRange(1, 10_000),
    default=5000,
    show_default=True,
    help="Hooks a second at the full rate; a third of it is measured, too.",
)
@count_option("--pushes", 1000, "That are on all the time.")
@folder_option
@json_option
def hooks(*, as_json: bool, **options: Any) -> None:
    """How long a media server waits for the answers to its hooks."""
    from airhook.tools.bench import hooks as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench isolation --hung 500 --names 200"])
@runs_option(5)
@seconds_option(6.0, "Under full load, and again at a steady rate.")
@count_option("--hung", 500, "Receivers that accept and never answer.", RECEIVERS_MAX)
@count_option("--names", 200, "Hosts whose names never resolve.")
@folder_option
@json_option
def isolation(*, as_json: bool, **options: Any) -> None:
    """Hung receivers and hanging names beside healthy ones."""
    from airhook.tools.bench import isolation as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench recovery --pending 1000000"])
@count_option("--pending", 1_000_000, "Deliveries that wait.")
@folder_option
@json_option
def recovery(*, as_json: bool, **options: Any) -> None:
    """A server killed (-9) with many pending deliveries, and the start after it."""
    from airhook.tools.bench import recovery as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench growth --count 50000"])
@runs_option(3)
@seconds_option(3.0, "Length of each measurement.")
@count_option("--count", 50_000, "Domains, templates and rules, each.")
@folder_option
@json_option
def growth(*, as_json: bool, **options: Any) -> None:
    """A large configuration beside a small one, and how soon a change counts."""
    from airhook.tools.bench import growth as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench log --attempts 1000000"])
@count_option("--attempts", 10_000_000, "In the log; ten million are some 10 GB.")
@runs_option(3)
@seconds_option(5.0, "Length of deliveries, beside a day that is dropped and without one.")
@folder_option
@json_option
def log(*, as_json: bool, **options: Any) -> None:
    """Searching a large log, and dropping a day of it."""
    from airhook.tools.bench import log as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench console --attempts 100000"])
@count_option("--attempts", 1_000_000, "In the log.")
@count_option("--queries", 30, "Of each page.")
@folder_option
@json_option
def console(*, as_json: bool, **options: Any) -> None:
    """Pages of the console with a large log."""
    from airhook.tools.bench import console as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench memory --waiting 1000000"])
@count_option("--waiting", 1_000_000, "Deliveries that wait.")
@seconds_option(15.0, "How long each server runs.")
@folder_option
@json_option
def memory(*, as_json: bool, **options: Any) -> None:
    """What many waiting deliveries cost in memory."""
    from airhook.tools.bench import memory as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench rest"])
@runs_option(5)
@seconds_option(5.0, "How long each server rests.")
@folder_option
@json_option
def rest(*, as_json: bool, **options: Any) -> None:
    """Start-up, and what a server costs that does nothing."""
    from airhook.tools.bench import rest as bench

    _measure(bench, options, as_json=as_json)


@group.command(cls=Command, examples=["airhook bench media", "airhook bench media --pushes 5 --seconds 10"])
@runs_option(1)
@seconds_option(20.0, "How long each case is measured.")
@count_option("--pushes", 20, "Live pushes of 2 Mbit/s.", PUSHES_MAX)
@click.option(
    "--case",
    "cases",
    type=click.Choice(["ingest", "flv", "flv_mp4", "flv_hls", "flv_pictures", "nginx"]),
    multiple=True,
    help="Measure this one; repeat it for more. Without it, all.",
)
@folder_option
@json_option
def media(*, as_json: bool, **options: Any) -> None:
    """What a push costs, and what recording and pictures add; beside nginx-rtmp, where it is installed."""
    from airhook.tools.bench import media as bench

    _measure(bench, options, as_json=as_json)


def _measure(bench: Any, options: dict[str, Any], *, as_json: bool) -> None:
    """Run a benchmark, a module of ``tools.bench``, and show its report."""
    import sqlite3

    from airhook.cli.common import show
    from airhook.core.errors import AirhookError

    try:
        report = bench.run(bench.Options(**options))
    except sqlite3.OperationalError as error:
        raise AirhookError(
            f"--folder: the benchmark's database cannot be written: {error}; name a folder on a disk with more room"
        ) from None
    show(report.for_scripts(), report.for_people(), as_json=as_json)
