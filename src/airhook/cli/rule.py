"""``airhook rule``: which template serves which domain, app and stream."""

from typing import Any

import click

from airhook.cli.common import act, as_json, plain, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import media_rules, rules
from airhook.control.base import Desk
from airhook.control.media_rules import RECORD_RULES, SNAPSHOT_RULES, RuleKind
from airhook.core.errors import InvalidError
from airhook.core.media_rules import RuleKey
from airhook.core.rules import WHOLE_DOMAIN, CallbackRule
from airhook.tools.terminal import table

CALLBACK = "callback"
MEDIA: dict[str, RuleKind[Any]] = {"record": RECORD_RULES, "snapshot": SNAPSHOT_RULES}

_app = click.option(
    "--app",
    default=WHOLE_DOMAIN,
    metavar="APP",
    help="Only this app, such as live; without it, all of the domain.",
)
_stream = click.option(
    "--stream",
    default="",
    metavar="STREAM",
    help="Only the stream of this name, for record and snapshot templates.",
)
_kind = click.option(
    "--kind",
    type=click.Choice([CALLBACK, *MEDIA]),
    default=CALLBACK,
    show_default=True,
    help="What kind of template.",
)


@click.group(cls=Group, name="rule")
def group() -> None:
    """Rules: add, list, remove."""


@group.command(
    "add",
    examples=[
        "airhook rule add push.example.com 1001",
        "airhook rule add push.example.com 1001 --app live",
        "airhook rule add push.example.com 1002 --kind record --stream room1",
    ],
)
@click.argument("domain")
@click.argument("template_id", type=int)
@_app
@_stream
@_kind
@as_json
@settings_option
def add(
    settings: Settings, *, domain: str, template_id: int, app: str, stream: str, kind: str, as_json: bool
) -> None:
    """Let TEMPLATE_ID serve DOMAIN, one of its apps, or one stream. It counts within a second."""
    place = _place(kind, domain, app, stream)

    async def bind(desk: Desk, account: int) -> Any:
        if kind == CALLBACK:
            return await rules.bind(desk, account, domain, app, template_id)
        return await media_rules.bind(desk, MEDIA[kind], account, place, template_id)

    made = act(settings, bind)
    show(
        plain(made),
        f"Template {template_id} serves {_what(place._replace(domain=made.domain))} now.",
        as_json=as_json,
    )


@group.command("list", examples=["airhook rule list", "airhook rule list --kind record"])
@_kind
@as_json
@settings_option
def list_all(settings: Settings, *, kind: str, as_json: bool) -> None:
    """List the rules of a kind."""

    async def find(desk: Desk, account: int) -> list[Any]:
        if kind == CALLBACK:
            return await rules.list_all(desk, account)
        return await media_rules.list_all(desk, MEDIA[kind], account)

    found = act(settings, find)
    streams = ("STREAM",) if kind != CALLBACK else ()
    rows = [(one.domain, one.app or "(all)", *_stream_of(one), one.template_id) for one in found]
    text = table(("DOMAIN", "APP", *streams, "TEMPLATE"), rows)
    show([plain(one) for one in found], text, as_json=as_json)


@group.command(
    "remove",
    examples=[
        "airhook rule remove push.example.com --app live",
        "airhook rule remove push.example.com --kind record --stream room1",
    ],
)
@click.argument("domain")
@_app
@_stream
@_kind
@as_json
@settings_option
def remove(settings: Settings, *, domain: str, app: str, stream: str, kind: str, as_json: bool) -> None:
    """Remove the rule of DOMAIN, of one of its apps, or of a stream; name it as it was added."""
    place = _place(kind, domain, app, stream)

    async def unbind(desk: Desk, account: int) -> None:
        if kind == CALLBACK:
            await rules.unbind(desk, account, domain, app)
        else:
            await media_rules.unbind(desk, MEDIA[kind], account, place)

    act(settings, unbind)
    removed = {"domain": domain, "app": app, **({"stream": stream} if kind != CALLBACK else {})}
    show({"removed": removed}, f"No {kind} rule serves {_what(place)} any more.", as_json=as_json)


def _place(kind: str, domain: str, app: str, stream: str) -> RuleKey:
    if stream and kind == CALLBACK:
        raise InvalidError("--stream", "goes with --kind record or snapshot: callback rules have no streams")
    return RuleKey(domain, app, stream)


def _stream_of(rule: Any) -> tuple[str, ...]:
    return () if isinstance(rule, CallbackRule) else (rule.stream or "(all)",)


def _what(place: RuleKey) -> str:
    stream = f"stream {place.stream} in " if place.stream else ""
    return f"{stream}app {place.app} of {place.domain}" if place.app else f"{stream}all of {place.domain}"
