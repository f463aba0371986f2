"""``airhook stream``: which streams are on, and operators' orders about them."""

from collections.abc import Sequence

import click

from airhook.cli.common import act, as_json, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import streams
from airhook.control.base import Desk
from airhook.control.streams import StreamFilter
from airhook.control.when import milliseconds_of
from airhook.core.sessions import Session
from airhook.core.stream_orders import StreamOrder
from airhook.observe.times import iso_ms
from airhook.tools.terminal import table

HOUR_MS = 3_600_000


@click.group(cls=Group, name="stream")
def group() -> None:
    """Streams: list, drop, forbid, resume."""


@group.command("list", examples=["airhook stream list", "airhook stream list --forbidden --json"])
@click.option("--domain", metavar="NAME", help="Only those of this push domain.")
@click.option("--app", metavar="NAME", help="Only those of this app.")
@click.option("--forbidden", is_flag=True, help="List the forbidden streams, not those that are on.")
@as_json
@settings_option
def list_all(
    settings: Settings, *, domain: str | None, app: str | None, forbidden: bool, as_json: bool
) -> None:
    """List the streams that are on: from their start to the stop that is reported."""
    if forbidden:
        bans = act(settings, streams.bans)
        show([_shown_ban(ban) for ban in bans], _ban_table(bans), as_json=as_json)
        return
    wanted = StreamFilter(domain, app)
    found = act(settings, lambda desk, account: streams.online(desk, account, wanted))
    show([_shown(session) for session in found], _session_table(found), as_json=as_json)


@group.command("drop", examples=["airhook stream drop push.example.com live room1"])
@click.argument("domain")
@click.argument("app")
@click.argument("stream")
@as_json
@settings_option
def drop(settings: Settings, *, domain: str, app: str, stream: str, as_json: bool) -> None:
    """End the push that is on, within a second. The publisher may push again."""
    dropped = act(settings, lambda desk, account: streams.drop(desk, account, domain, app, stream))
    text = "is being dropped" if dropped else "is not on; nothing is to be dropped"
    show({"dropped": dropped}, f"{domain}/{app}/{stream} {text}.", as_json=as_json)


@group.command(
    "forbid",
    examples=[
        "airhook stream forbid push.example.com live room1 --hours 24 --reason rights",
        "airhook stream forbid push.example.com live room1 --until 2026-12-01T00:00:00Z",
    ],
)
@click.argument("domain")
@click.argument("app")
@click.argument("stream")
@click.option("--until", metavar="TIME", help="When it may be pushed again: RFC 3339 or UNIX seconds.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="For so long. Without either: 7 days.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the order.")
@as_json
@settings_option
def forbid(
    settings: Settings,
    *,
    domain: str,
    app: str,
    stream: str,
    until: str | None,
    hours: float | None,
    reason: str,
    as_json: bool,
) -> None:
    """End the push that is on, and let nobody push the stream until a time, 90 days ahead at most."""
    if until is not None and hours is not None:
        raise click.UsageError("give either --until or --hours")

    async def work(desk: Desk, account_id: int) -> StreamOrder:
        until_ms = None if until is None else milliseconds_of(until, "resume_time")
        if hours is not None:
            until_ms = desk.clock.now_ms() + round(hours * HOUR_MS)
        return await streams.forbid(desk, account_id, domain, app, stream, until_ms=until_ms, reason=reason)

    ban = act(settings, work)
    text = f"{domain}/{app}/{stream} is forbidden until {iso_ms(ban.forbidden_until_ms)}."
    show(_shown_ban(ban), text, as_json=as_json)


@group.command("resume", examples=["airhook stream resume push.example.com live room1"])
@click.argument("domain")
@click.argument("app")
@click.argument("stream")
@as_json
@settings_option
def resume(settings: Settings, *, domain: str, app: str, stream: str, as_json: bool) -> None:
    """Let a forbidden stream be pushed again."""
    resumed = act(settings, lambda desk, account: streams.resume(desk, account, domain, app, stream))
    text = "may be pushed again" if resumed else "was not forbidden"
    show({"resumed": resumed}, f"{domain}/{app}/{stream} {text}.", as_json=as_json)


def _session_table(found: list[Session]) -> str:
    rows = [
        (
            f"{one.domain}/{one.app}/{one.stream}",
            one.state.value,
            iso_ms(one.started_ms),
            one.user_ip,
            f"{one.width}x{one.height}" if one.width else "",
        )
        for one in found
    ]
    return table(("STREAM", "STATE", "SINCE", "CLIENT", "SIZE"), rows)


def _ban_table(bans: Sequence[StreamOrder]) -> str:
    rows = [
        (f"{one.domain}/{one.app}/{one.stream}", iso_ms(one.forbidden_until_ms), one.reason) for one in bans
    ]
    return table(("STREAM", "UNTIL", "REASON"), rows)


def _shown(session: Session) -> dict[str, object]:
    return {
        "domain": session.domain,
        "app": session.app,
        "stream": session.stream,
        "state": session.state,
        "sequence": str(session.id),
        "started_ms": session.started_ms,
        "user_ip": session.user_ip,
        "source": session.source,
        "bytes": session.bytes,
        "width": session.width,
        "height": session.height,
    }


def _shown_ban(ban: StreamOrder) -> dict[str, object]:
    return {
        "domain": ban.domain,
        "app": ban.app,
        "stream": ban.stream,
        "forbidden_until_ms": ban.forbidden_until_ms,
        "reason": ban.reason,
    }
