"""``airhook source``: media servers whose hooks become sessions and callbacks."""

from typing import Any

import click

from airhook.cli.common import act, as_json, listening, plain, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings, reachable
from airhook.control import sources
from airhook.control.hook_shapes import shown_hook
from airhook.control.sources import SourceForm
from airhook.core.errors import InvalidError
from airhook.core.sources import Source, SourceKind
from airhook.observe.times import iso_ms
from airhook.sources.catalogue import configuration, hook_url
from airhook.tools.terminal import table


@click.group(cls=Group, name="source")
def group() -> None:
    """Media servers in front: add, list, set, remove."""


def options(command: Any) -> Any:
    """What add and set have in common."""
    for option in reversed(
        (
            click.option("--domain", metavar="NAME", help="Push domain of pushes that name none of yours."),
            click.option(
                "--domain-rule",
                type=click.Choice(["auto", "fixed"]),
                help="auto: vhost or host of the push URL, else --domain. fixed: always --domain.",
            ),
            click.option(
                "--allow",
                "allowed",
                multiple=True,
                metavar="NETWORK",
                help="Only these may call, such as 10.0.0.0/8. Repeatable; '' for any.",
            ),
            click.option(
                "--api-url",
                metavar="URL",
                help="The server's own API, asked which streams are on; '' for none.",
            ),
            click.option("--api-secret", metavar="TEXT", help="What its API wants: see docs/sources.md."),
            click.option(
                "--pull-url",
                metavar="PATTERN",
                help="Where recordings and screenshots get their media, such as "
                "rtmp://127.0.0.1:1935/{app}/{stream}; '' for nowhere.",
            ),
            click.option(
                "--silence",
                type=int,
                metavar="SECONDS",
                help="A push without an update for so long has ended; 0: never by that.",
            ),
        )
    ):
        command = option(command)
    return command


base_option = click.option(
    "--base-url",
    metavar="URL",
    help="Where the server reaches Airhook, if not public_url: http://10.0.0.2:8080, for one.",
)


@group.command(
    "add",
    examples=[
        "airhook source add nginx-rtmp edge-1",
        "airhook source add srs edge-2 --domain push.example.com --allow 10.0.0.0/8 --json",
    ],
)
@click.argument("kind", type=click.Choice([kind.value for kind in SourceKind]))
@click.argument("name")
@options
@base_option
@as_json
@settings_option
def add(
    settings: Settings, *, kind: str, name: str, base_url: str | None, as_json: bool, **given: Any
) -> None:
    """Add a media server, and print what to write into its configuration."""
    base = _base(settings, base_url)
    made = act(settings, lambda desk, account: sources.add(desk, account, kind, _form(given, name=name)))
    text = f"Added {made.name}. Its hooks go to\n  {hook_url(made, base)}\n\n{configuration(made, base)}"
    show(_told(made, base), text.rstrip(), as_json=as_json)


@group.command("list", examples=["airhook source list --json"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the media servers. ``source config NAME`` prints the token."""
    found = act(settings, sources.list_all)
    head = ("ID", "NAME", "KIND", "DOMAIN", "MAY CALL", "API")
    rows = [
        (
            one.id,
            one.name,
            one.kind.value,
            f"{one.domain or '-'} ({one.domain_rule})",
            ", ".join(one.allowed) or "any",
            one.api_url or "-",
        )
        for one in found
    ]
    show([_shown(one) for one in found], table(head, rows), as_json=as_json)


@group.command("set", examples=["airhook source set edge-1 --api-url http://127.0.0.1:8099/stat"])
@click.argument("name")
@click.option("--name", "new_name", metavar="NAME", help="Call it otherwise.")
@click.option("--new-token", is_flag=True, help="Make a new token; the old one counts no more.")
@options
@base_option
@as_json
@settings_option
def change(
    settings: Settings,
    *,
    name: str,
    new_name: str | None,
    new_token: bool,
    base_url: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Change a media server, by its name or id; what is not named stays as it is."""
    form = _form(given, name=new_name, new_token=new_token)
    base = _base(settings, base_url) if new_token else ""
    changed = act(settings, lambda desk, account: sources.change(desk, account, name, form))
    text = f"Changed {changed.name}."
    if new_token:
        text += f" Its hooks go to\n  {hook_url(changed, base)}\n\n{configuration(changed, base)}"
    show(_told(changed, base) if new_token else _shown(changed), text.rstrip(), as_json=as_json)


@group.command(
    "config",
    examples=["airhook source config edge-1", "airhook source config edge-1 --base-url http://10.0.0.2:8080"],
)
@click.argument("name")
@base_option
@as_json
@settings_option
def config(settings: Settings, *, name: str, base_url: str | None, as_json: bool) -> None:
    """Print what to write into a media server's configuration, with its token."""
    found = act(settings, lambda desk, account: sources.get(desk, account, name))
    base = _base(settings, base_url)
    show(_told(found, base), configuration(found, base).rstrip(), as_json=as_json)


@group.command("hooks", examples=["airhook source hooks edge-1"])
@click.argument("name")
@as_json
@settings_option
def hooks(settings: Settings, *, name: str, as_json: bool) -> None:
    """List what a media server told in the last minute or so, newest first, and what was made of it."""
    found = act(settings, lambda desk, account: sources.recent_hooks(desk, account, name))
    head = ("TIME", "HOOK", "COUNT", "FROM", "OUTCOME", "PUSH", "DETAIL")
    rows = [
        (
            iso_ms(one.last_ms),
            one.hook,
            str(one.count),
            one.remote,
            one.outcome.value,
            str(one.session_id or ""),
            one.detail,
        )
        for one in found
    ]
    show([shown_hook(one) for one in found], table(head, rows), as_json=as_json)


@group.command("remove", examples=["airhook source remove edge-1"])
@click.argument("name")
@as_json
@settings_option
def remove(settings: Settings, *, name: str, as_json: bool) -> None:
    """Remove a media server: its hooks are refused, and the stop of each of its pushes is reported."""
    gone = act(settings, lambda desk, account: sources.remove(desk, account, name))
    show({"removed": gone.id}, f"Removed {gone.name}.", as_json=as_json)


def _form(given: dict[str, Any], *, name: str | None, new_token: bool = False) -> SourceForm:
    allowed = [network for network in given["allowed"] if network] if given["allowed"] else None
    return SourceForm(
        name=name,
        allowed=allowed,
        domain=given["domain"],
        domain_rule=given["domain_rule"],
        api_url=given["api_url"],
        api_secret=given["api_secret"],
        silence_s=given["silence"],
        pull_url=given["pull_url"],
        new_token=new_token,
    )


def _base(settings: Settings, given: str | None) -> str:
    """Raises ``InvalidError`` (field ``base_url``) for what is no address."""
    if given is not None and not given.startswith(("http://", "https://")):
        raise InvalidError("base_url", f"{given!r} has to start with http:// or https://", rule="scheme")
    return given or settings.public_url or f"http://{reachable(listening(settings, 'http'))}"


def _shown(source: Source) -> dict[str, Any]:
    """Without its secrets."""
    return {name: value for name, value in plain(source).items() if name not in ("token", "api_secret")}


def _told(source: Source, base: str) -> dict[str, Any]:
    return {
        **_shown(source),
        "token": source.token,
        "hook_url": hook_url(source, base),
        "config": configuration(source, base),
    }
