"""``airhook resend`` and ``airhook replay``: sending deliveries again. A running server does the work."""

import asyncio
from typing import Any

import click
import msgspec

from airhook.cli.common import act, as_json, settings_option, show
from airhook.cli.records import filters
from airhook.cli.shape import Command, Group
from airhook.config import Settings
from airhook.control import repeats, replays, shapes
from airhook.control.base import Desk
from airhook.core.deliveries import Delivery
from airhook.core.replays import DEFAULT_RATE, MAX_RATE, OPEN_STATES, Replay
from airhook.core.search import Filter
from airhook.observe.times import iso_s
from airhook.tools.terminal import table

LOOK_EVERY_S = 0.5


@click.command(cls=Command, examples=["airhook resend 3708123456789012345"])
@click.argument("delivery", type=click.IntRange(1, 2**63 - 1))
@as_json
@settings_option
def resend(settings: Settings, *, delivery: int, as_json: bool) -> None:
    """Send a delivery that has ended once more, signed anew."""

    async def work(desk: Desk, account: int) -> Delivery:
        await desk.refresh()
        return await repeats.resend(desk, account, delivery)

    again = act(settings, work)
    show(
        {"id": str(again.id), "repeat_of": str(delivery)},
        f"Delivery {again.id} goes to {again.url}; see what comes of it: airhook records --id {again.id}",
        as_json=as_json,
    )


@click.group(cls=Group, name="replay")
def group() -> None:
    """Send a search again as a job: add, list, show, pause."""


@group.command(
    "add",
    examples=[
        "airhook replay add --destination https://hooks.example.com --state exhausted",
        "airhook replay add --since 2026-01-15T10:00:00Z --until 2026-01-15T11:00:00Z --rate 20 --wait",
    ],
)
@filters
@click.option(
    "--rate",
    type=click.IntRange(1, MAX_RATE),
    default=DEFAULT_RATE,
    show_default=True,
    help="Deliveries a second at most.",
)
@click.option("--wait", "waits", is_flag=True, help="Only count; start it with: airhook replay resume ID.")
@as_json
@settings_option
def add(settings: Settings, *, wanted: Filter, rate: int, waits: bool, as_json: bool) -> None:
    """Send again what is found, oldest first. It is counted before the first one goes out."""
    made = act(
        settings, lambda desk, account: replays.create(desk, account, wanted, rate=rate, start=not waits)
    )
    show(
        shapes.replay(made),
        f"Replay {made.id} is being counted; follow it: airhook replay show {made.id}",
        as_json=as_json,
    )


@group.command("list", examples=["airhook replay list"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the newest replays."""
    found = act(settings, replays.list_some)
    head = ("REPLAY", "BEGAN", "STATE", "FOUND", "SENT", "DELIVERED", "EXHAUSTED", "SKIPPED")
    rows = [
        (
            str(one.id),
            iso_s(one.created_ms),
            one.state.value,
            f"{one.counted:,}",
            f"{one.made:,}",
            f"{one.delivered:,}",
            f"{one.exhausted:,}",
            f"{one.skipped:,}",
        )
        for one in found
    ]
    show([shapes.replay(one) for one in found], table(head, rows), as_json=as_json)


@group.command(
    "show", examples=["airhook replay show 3708123456789012345", "airhook replay show ID --follow"]
)
@click.argument("replay", type=click.IntRange(1, 2**63 - 1))
@click.option("--follow", is_flag=True, help="Go on until it is over, with a line for each step.")
@as_json
@settings_option
def show_one(settings: Settings, *, replay: int, follow: bool, as_json: bool) -> None:
    """Show how far a replay is."""

    async def work(desk: Desk, account: int) -> None:
        told = ""
        while True:
            one = await replays.find(desk, account, replay)
            if not follow:
                show(shapes.replay(one), _progress(one), as_json=as_json)
                return
            now = msgspec.json.encode(shapes.replay(one)).decode() if as_json else _progress(one)
            if now != told:
                click.echo(now)
            if one.state not in OPEN_STATES:
                return
            told = now
            await asyncio.sleep(LOOK_EVERY_S)

    act(settings, work)


def _verb(name: str, text: str, change: Any) -> None:
    @group.command(name, help=text, examples=[f"airhook replay {name} 3708123456789012345"])
    @click.argument("replay", type=click.IntRange(1, 2**63 - 1))
    @as_json
    @settings_option
    def command(settings: Settings, *, replay: int, as_json: bool) -> None:
        one = act(settings, lambda desk, account: change(desk, account, replay))
        show(shapes.replay(one), _progress(one), as_json=as_json)


_verb("pause", "Make no more repeats for now; those under way go on.", replays.pause)
_verb("resume", "Start a replay, or let it go on.", replays.resume)
_verb("cancel", "Make no more repeats, ever; those under way go on.", replays.cancel)


def _progress(one: Replay) -> str:
    text = f"Replay {one.id} is {one.state.value}: {one.made:,} of {one.counted:,} sent again"
    parts = [f"{one.delivered:,} delivered", f"{one.exhausted:,} exhausted", f"{one.under_way:,} under way"]
    if one.skipped:
        parts.append(f"{one.skipped:,} skipped (their template is deleted, or the log of their day is gone)")
    return f"{text}; {', '.join(parts)}"
