"""``airhook template``: where callbacks go, and the key that signs them."""

from collections.abc import Awaitable, Callable
from typing import Any

import click

from airhook.cli.common import act, as_json, plain, settings_option, show
from airhook.cli.shape import Group
from airhook.cli.template_options import delivery_options, options_form, shown
from airhook.config import Settings
from airhook.control import templates
from airhook.control.base import Desk
from airhook.core.errors import InvalidError
from airhook.core.events import EventType
from airhook.core.templates import CONFIGURABLE_TYPES, CallbackTemplate, generate_key
from airhook.tools.terminal import table

_BY_OPTION = {"begin_url": EventType.PUSH_STARTED, "end_url": EventType.PUSH_ENDED}


def form_options(command: click.decorators.FC) -> click.decorators.FC:
    """The options that ``add`` and ``set`` have in common."""
    for option in reversed(
        [
            click.option("--begin-url", metavar="URL", help="Gets event 1, push started."),
            click.option("--end-url", metavar="URL", help="Gets event 0, push ended."),
            click.option(
                "--url",
                "urls",
                metavar="TYPE=URL",
                multiple=True,
                help="Gets events of a TYPE, such as 100 (file recorded) or 317 (picture audited); repeat it for more.",
            ),
            click.option(
                "--key", metavar="KEY", help="Callback key: up to 32 letters and digits; '' signs nothing."
            ),
            click.option("--generate-key", is_flag=True, help="Draw a callback key."),
            click.option("--description", metavar="TEXT"),
            click.option(
                "--ordered/--unordered",
                default=None,
                help="Whether a stop waits until its start is delivered (it does, unless you say otherwise).",
            ),
        ]
    ):
        command = option(command)
    return delivery_options(command)


@click.group(cls=Group, name="template")
def group() -> None:
    """Callback templates: add, list, set, remove."""


@group.command(
    "add",
    examples=[
        "airhook template add hooks --begin-url https://hooks.example.com/begin \\",
        "    --end-url https://hooks.example.com/end --generate-key",
    ],
)
@click.argument("name")
@form_options
@as_json
@settings_option
def add(settings: Settings, *, name: str, as_json: bool, **options: object) -> None:
    """Add a callback template."""
    form = make_form(name, options)
    made = _save(settings, form, lambda desk, account: templates.create(desk, account, form))
    text = f"Added template {made.id}. Bind it to a domain with:\n  airhook rule add DOMAIN {made.id}"
    show(template_row(made), f"{text}{_drawn(made, options)}", as_json=as_json)


@group.command("list", examples=["airhook template list"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the callback templates, with their keys and URLs."""
    found = act(settings, templates.list_all)
    rows: list[tuple[object, ...]] = []
    for template in found:
        urls = [f"{kind}={url}" for kind, url in template.urls.items()]
        rows.append((template.id, template.name, template.callback_key or "(not signed)", urls[0]))
        rows += [("", "", "", url) for url in urls[1:]]
        rows += [("", "", "", f"({words})") for words in shown(template)]
    show(
        [template_row(row) for row in found], table(("ID", "NAME", "KEY", "TYPE=URL"), rows), as_json=as_json
    )


@group.command("set", examples=["airhook template set 1001 --end-url https://new.example.com/end --url 100="])
@click.argument("template_id", type=int)
@click.option("--name", metavar="TEXT")
@form_options
@as_json
@settings_option
def change(
    settings: Settings, *, template_id: int, name: str | None, as_json: bool, **options: object
) -> None:
    """Change a callback template; what is not named stays as it is, and an empty URL clears it."""
    form = make_form(name, options)
    changed = _save(settings, form, lambda desk, account: templates.change(desk, account, template_id, form))
    show(template_row(changed), f"Changed template {changed.id}.{_drawn(changed, options)}", as_json=as_json)


@group.command("remove", examples=["airhook template remove 1001"])
@click.argument("template_id", type=int)
@as_json
@settings_option
def remove(settings: Settings, *, template_id: int, as_json: bool) -> None:
    """Remove a callback template that no rule binds."""
    act(settings, lambda desk, account: templates.delete(desk, account, template_id))
    show({"removed": template_id}, f"Removed template {template_id}.", as_json=as_json)


def _save(
    settings: Settings,
    form: templates.TemplateForm,
    work: Callable[[Desk, int], Awaitable[CallbackTemplate]],
) -> CallbackTemplate:
    """Save a template, and warn of names that do not resolve: they may later, so that is no error."""

    async def save(desk: Desk, account: int) -> tuple[CallbackTemplate, list[str]]:
        saved = await work(desk, account)
        return saved, await templates.unresolved(desk, form)

    saved, unresolved = act(settings, save)
    for host in unresolved:
        click.echo(f"airhook: {host} does not resolve now; callbacks to it fail until it does", err=True)
    return saved


def make_form(name: str | None, options: dict[str, object]) -> templates.TemplateForm:
    """The form that the options fill in."""
    if options["generate_key"] and options["key"] is not None:
        raise click.UsageError("--key and --generate-key exclude each other")
    given: dict[str, object] = {"name": name}
    given["callback_key"] = generate_key() if options["generate_key"] else options["key"]
    given["description"] = options["description"]
    given["ordered"] = options["ordered"]
    urls = {
        int(kind): str(options[option]) for option, kind in _BY_OPTION.items() if options[option] is not None
    }
    for item in options["urls"]:  # type: ignore[attr-defined]
        urls.update([_type_and_url(item)])
    return templates.TemplateForm(urls=urls, options=options_form(options), **given)  # type: ignore[arg-type]


def template_row(template: CallbackTemplate) -> dict[str, Any]:
    """A template as JSON shows it: ``options`` only where there are any, and never a private key."""
    row = plain(template)
    options = row.pop("options")
    if options:
        if "client_key_pem" in options:
            options["client_key_pem"] = "(kept)"
        row["options"] = options
    return row


def _type_and_url(item: str) -> tuple[int, str]:
    kind, found, url = item.partition("=")
    types = sorted(int(known) for known in CONFIGURABLE_TYPES)
    if not found or kind not in map(str, types):
        raise InvalidError("--url", f"{item!r} is no TYPE=URL; the types are {', '.join(map(str, types))}")
    return int(kind), url


def _drawn(template: CallbackTemplate, options: dict[str, object]) -> str:
    lines = []
    if options["generate_key"]:
        lines.append(f"Its callback key is {template.callback_key}")
    if options["generate_webhook_secret"] and template.options:
        lines.append(f"Its webhook secret is {template.options.webhook_secret}")
    return "".join(f"\n{line}" for line in lines)
