"""``airhook domain``: the domains that publishers push to."""

import time

import click

from airhook.cli.common import act, as_json, listening, plain, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import domains
from airhook.core.domains import RTMP_PORT, make_push_url, names_port
from airhook.core.streams import check_name
from airhook.tools.terminal import table

MAX_HOURS = 24 * 3650


@click.group(cls=Group, name="domain")
def group() -> None:
    """Push domains: add, list, set, remove, push-url."""


@group.command("add", examples=["airhook domain add push.example.com"])
@click.argument("name")
@as_json
@settings_option
def add(settings: Settings, *, name: str, as_json: bool) -> None:
    """Add a push domain. Push authentication is on, with a generated key."""
    made = act(settings, lambda desk, account: domains.add(desk, account, name))
    text = f"Added {made.name}. Push authentication is on; get a push URL with:\n  airhook domain push-url {made.name} live room1"
    show(plain(made), text, as_json=as_json)


@group.command("list", examples=["airhook domain list --json"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the push domains, with their keys."""
    found = act(settings, domains.list_all)
    head = ("DOMAIN", "STATE", "AUTH", "KEY", "BACKUP KEY", "RECONNECT WINDOW")
    rows = [
        (
            domain.name,
            "enabled" if domain.enabled else "disabled",
            "on" if domain.auth_enabled else "off",
            domain.auth_key,
            domain.backup_auth_key,
            f"{domain.reconnect_window_s} s",
        )
        for domain in found
    ]
    show([plain(domain) for domain in found], table(head, rows), as_json=as_json)


@group.command("set", examples=["airhook domain set push.example.com --auth off --reconnect-window 10"])
@click.argument("name")
@click.option("--enable/--disable", "enabled", default=None, help="Whether pushes are let in.")
@click.option("--auth", type=click.Choice(["on", "off"]), help="Push authentication by txSecret and txTime.")
@click.option("--auth-key", metavar="KEY", help="Main push key: letters and digits.")
@click.option("--backup-key", metavar="KEY", help="Second push key that is accepted too; '' for none.")
@click.option(
    "--auth-delta", type=int, metavar="SECONDS", help="A push URL stays valid so long after its txTime."
)
@click.option(
    "--reconnect-window",
    type=int,
    metavar="SECONDS",
    help="A lost push may come back within it without any callback; 0 reports every loss at once.",
)
@as_json
@settings_option
def change(
    settings: Settings,
    *,
    name: str,
    enabled: bool | None,
    auth: str | None,
    auth_key: str | None,
    backup_key: str | None,
    auth_delta: int | None,
    reconnect_window: int | None,
    as_json: bool,
) -> None:
    """Change a push domain; what is not named stays as it is."""
    what = domains.DomainChange(
        enabled=enabled,
        auth_enabled=None if auth is None else auth == "on",
        auth_key=auth_key,
        backup_auth_key=backup_key,
        auth_delta_s=auth_delta,
        reconnect_window_s=reconnect_window,
    )
    changed = act(settings, lambda desk, account: domains.change(desk, account, name, what))
    show(plain(changed), f"Changed {changed.name}.", as_json=as_json)


@group.command("remove", examples=["airhook domain remove push.example.com"])
@click.argument("name")
@as_json
@settings_option
def remove(settings: Settings, *, name: str, as_json: bool) -> None:
    """Remove a domain that no rule binds.

    Live pushes go on until they end, without callbacks; new ones are refused.
    """
    act(settings, lambda desk, account: domains.remove(desk, account, name))
    show({"removed": name}, f"Removed {name}.", as_json=as_json)


@group.command(
    "push-url",
    examples=[
        "airhook domain push-url push.example.com live room1",
        "airhook domain push-url push.example.com live room1 --host 127.0.0.1",
    ],
)
@click.argument("name")
@click.argument("app")
@click.argument("stream")
@click.option(
    "--hours",
    type=click.FloatRange(0, MAX_HOURS, min_open=True),
    default=24,
    show_default=True,
    help="How long the URL lets in.",
)
@click.option(
    "--host", metavar="HOST[:PORT]", help="Push there, when the domain's name does not lead to this server."
)
@as_json
@settings_option
def push_url(
    settings: Settings, *, name: str, app: str, stream: str, hours: float, host: str | None, as_json: bool
) -> None:
    """Print a URL that STREAM can be pushed to, signed with the domain's key.

    In OBS, the server is the URL up to APP, the stream key is the rest.
    """
    check_name("app", app)
    check_name("stream", stream)
    domain = act(settings, lambda desk, account: domains.get(desk, account, name))
    expires_s = int(time.time() + hours * 3600)
    made = make_push_url(domain, app, stream, port=_port(settings, host), expires_s=expires_s, host=host)
    server, _, key = made.rpartition("/")
    show({"url": made, "server": server, "key": key, "expires_s": expires_s}, made, as_json=as_json)


def _port(settings: Settings, host: str | None) -> int:
    return RTMP_PORT if host and names_port(host) else listening(settings, "rtmp").port
