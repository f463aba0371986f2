"""``airhook rule``: which template serves which domain and app."""

import click

from airhook.cli.common import act, as_json, plain, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import rules
from airhook.core.rules import WHOLE_DOMAIN
from airhook.tools.terminal import table

_app = click.option(
    "--app",
    default=WHOLE_DOMAIN,
    metavar="APP",
    help="Only this app, such as live; without it, all of the domain.",
)


@click.group(cls=Group, name="rule")
def group() -> None:
    """Callback rules: add, list, remove."""


@group.command(
    "add",
    examples=["airhook rule add push.example.com 1001", "airhook rule add push.example.com 1001 --app live"],
)
@click.argument("domain")
@click.argument("template_id", type=int)
@_app
@as_json
@settings_option
def add(settings: Settings, *, domain: str, template_id: int, app: str, as_json: bool) -> None:
    """Let TEMPLATE_ID serve DOMAIN, or one of its apps. It counts within a second."""
    made = act(settings, lambda desk, account: rules.bind(desk, account, domain, app, template_id))
    show(plain(made), f"Template {template_id} serves {_what(made.domain, made.app)} now.", as_json=as_json)


@group.command("list", examples=["airhook rule list"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the callback rules."""
    found = act(settings, rules.list_all)
    rows = [(rule.domain, rule.app or "(all)", rule.template_id) for rule in found]
    show([plain(rule) for rule in found], table(("DOMAIN", "APP", "TEMPLATE"), rows), as_json=as_json)


@group.command("remove", examples=["airhook rule remove push.example.com --app live"])
@click.argument("domain")
@_app
@as_json
@settings_option
def remove(settings: Settings, *, domain: str, app: str, as_json: bool) -> None:
    """Remove the rule of DOMAIN, or of one of its apps; name it as it was added."""
    act(settings, lambda desk, account: rules.unbind(desk, account, domain, app))
    show(
        {"removed": {"domain": domain, "app": app}},
        f"No rule serves {_what(domain, app)} any more.",
        as_json=as_json,
    )


def _what(domain: str, app: str) -> str:
    return f"app {app} of {domain}" if app else f"all of {domain}"
