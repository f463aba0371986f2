"""``airhook destination``: receivers of callbacks, how they are doing, and what to do about it."""

import click

from airhook.cli.common import act, as_json, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import destinations
from airhook.core.destinations import DestinationRow
from airhook.observe.times import iso_s
from airhook.tools.terminal import table


@click.group(cls=Group, name="destination")
def group() -> None:
    """Receivers of callbacks: list, pause, resume, limit."""


@group.command("list", examples=["airhook destination list", "airhook destination list --json"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List every scheme, host and port that callbacks went to, and how each is doing."""
    found = act(settings, destinations.list_all)
    head = ("DESTINATION", "STATE", "SINCE", "LAST SUCCESS", "LAST ERROR", "LIMIT")
    rows = [
        (
            row.key.origin,
            row.state.value,
            iso_s(row.since_ms),
            "" if row.last_success_ms is None else iso_s(row.last_success_ms),
            row.last_error.value if row.last_error else "",
            "" if row.rate_limit is None else f"{row.rate_limit:g}/s",
        )
        for row in found
    ]
    show([_shown(row) for row in found], table(head, rows), as_json=as_json)


@group.command("pause", examples=["airhook destination pause https://hooks.example.com"])
@click.argument("url")
@as_json
@settings_option
def pause(settings: Settings, *, url: str, as_json: bool) -> None:
    """Send nothing to URL's scheme, host and port, within a second. What waits spends no attempts, but grows old."""
    row = act(settings, lambda desk, account: destinations.pause(desk, account, url))
    show(
        _shown(row),
        f"{row.key.origin} is paused; go on with: airhook destination resume {row.key.origin}",
        as_json=as_json,
    )


@group.command("resume", examples=["airhook destination resume https://hooks.example.com"])
@click.argument("url")
@as_json
@settings_option
def resume(settings: Settings, *, url: str, as_json: bool) -> None:
    """Send to URL's scheme, host and port again."""
    row = act(settings, lambda desk, account: destinations.resume(desk, account, url))
    show(_shown(row), f"{row.key.origin} is paused no more.", as_json=as_json)


@group.command(
    "limit",
    examples=[
        "airhook destination limit https://hooks.example.com --rate 20",
        "airhook destination limit https://hooks.example.com --off",
    ],
)
@click.argument("url")
@click.option("--rate", type=float, metavar="N", help="Requests a second at most; fractions are allowed.")
@click.option("--off", is_flag=True, help="As many as it takes.")
@as_json
@settings_option
def limit(settings: Settings, *, url: str, rate: float | None, off: bool, as_json: bool) -> None:
    """Limit the requests a second to URL's scheme, host and port."""
    if (rate is None) != off:
        raise click.UsageError("give either --rate N or --off")
    row = act(settings, lambda desk, account: destinations.limit(desk, account, url, rate))
    text = "has no limit now" if off else f"gets at most {row.rate_limit:g} requests a second"
    show(_shown(row), f"{row.key.origin} {text}.", as_json=as_json)


def _shown(row: DestinationRow) -> dict[str, object]:
    return {
        "destination": row.key.origin,
        "state": row.state,
        "since_ms": row.since_ms,
        "last_success_ms": row.last_success_ms,
        "last_error": row.last_error,
        "paused": row.paused,
        "rate_limit": row.rate_limit,
    }
