"""``airhook listen``, ``airhook publish`` and ``airhook demo``."""

import re
import sys
from typing import Any

import click

from airhook.cli.shape import Command
from airhook.config import Address
from airhook.config.kinds import ADDRESS, WrongError

URL = re.compile(r"rtmps?://[^/\s]+/[^/\s]+/\S+")
MAX_SIDE = 3840  # pixels


class AddressType(click.ParamType[Address]):
    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return value if isinstance(value, Address) else ADDRESS.read(value)
        except WrongError:
            self.fail(f"{value!r} is not {ADDRESS.allowed}", param, ctx)


class SizeType(click.ParamType[tuple[int, int]]):
    name = "WxH"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        found = re.fullmatch(r"([0-9]{2,4})x([0-9]{2,4})", str(value))
        sides = (int(found[1]), int(found[2])) if found else (0, 0)
        if not all(16 <= side <= MAX_SIDE and side % 2 == 0 for side in sides):
            self.fail(f"{value!r} is not WIDTHxHEIGHT with even numbers from 16 to {MAX_SIDE}", param, ctx)
        return sides


@click.command(
    cls=Command,
    examples=[
        "airhook listen --key Kx7Pq2Lm9TzR4vBnW8",
        "airhook listen --fail-first 3",
        "airhook listen --json --count 2",
    ],
)
@click.option(
    "--listen",
    "address",
    type=AddressType(),
    default="127.0.0.1:8900",
    show_default=True,
    help="Where to receive.",
)
@click.option("--key", metavar="KEY", help="Check signatures with this callback key.")
@click.option(
    "--status", type=click.IntRange(200, 599), default=200, show_default=True, help="Answer with this status."
)
@click.option("--delay", type=click.FloatRange(0, 3600), default=0, metavar="SECONDS", help="Answer late.")
@click.option("--hang", is_flag=True, help="Never answer.")
@click.option(
    "--fail-first",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Answer the first N with --status (500), all others with 200.",
)
@click.option("--count", type=click.IntRange(1), metavar="N", help="Exit after N callbacks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a callback, for scripts.")
def listen(
    *,
    address: Address,
    key: str | None,
    status: int,
    delay: float,
    hang: bool,
    fail_first: int,
    count: int | None,
    as_json: bool,
) -> None:
    """Receive callbacks and show them.

    Their signatures are checked when --key is given. It can also misbehave, to see what Airhook does then.
    """
    from airhook.tools.listen import Answers
    from airhook.tools.listen.command import run

    answers = Answers(status=status, delay_s=delay, hang=hang, fail_first=fail_first)
    run(address.host, address.port, key=key, answers=answers, as_json=as_json, count=count)


@click.command(
    cls=Command,
    examples=[
        'airhook publish "$(airhook domain push-url push.example.com live room1 --host 127.0.0.1)"',
        'airhook publish "rtmp://127.0.0.1/live/room1?vhost=push.example.com" --duration 10 --drop',
    ],
)
@click.argument("url")
@click.option(
    "--duration",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Stop after so long; without it, at Ctrl-C.",
)
@click.option("--size", type=SizeType(), default="640x360", show_default=True, help="Size of the picture.")
@click.option("--fps", type=click.IntRange(1, 60), default=15, show_default=True, help="Pictures a second.")
@click.option(
    "--bitrate",
    type=click.IntRange(50, 20_000),
    default=800,
    show_default=True,
    metavar="KBIT/S",
    help="Of the picture.",
)
@click.option("--drop", is_flag=True, help="At the end vanish without a goodbye, as a lost connection does.")
@click.option("--quiet", is_flag=True, help="Print nothing.")
def publish(
    *,
    url: str,
    duration: float | None,
    size: tuple[int, int],
    fps: int,
    bitrate: int,
    drop: bool,
    quiet: bool,
) -> None:
    """Push a test picture and a tone over RTMP."""
    from airhook.tools.publish import Picture
    from airhook.tools.publish.command import run

    if not URL.fullmatch(url):
        raise click.BadParameter(f"{url!r} is not rtmp://HOST[:PORT]/APP/STREAM[?PARAMS]", param_hint="URL")
    picture = Picture(width=size[0], height=size[1], fps=fps, bitrate=bitrate)
    run(url, picture, duration_s=duration, drop=drop, quiet=quiet)


@click.command(cls=Command, examples=["airhook demo"])
@click.option("--stay/--exit", default=None, help="Whether to stay up at the end (on a terminal it does).")
def demo(*, stay: bool | None) -> None:
    """See it work: a real push, and its signed callbacks.

    Starts a server of its own on free ports with a temporary folder, sets it up through the cloud API, pushes a
    stream, and shows every callback as it arrives. Nothing of it is left afterwards.
    """
    from airhook.tools.demo.command import run

    sys.exit(run(stay=sys.stdout.isatty() if stay is None else stay))
