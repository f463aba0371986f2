"""``airhook snapshot-template``: how often a picture is taken of a stream, and whether it is judged."""

import click
from click.decorators import FC

from airhook.cli.common import act, as_json, plain, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import media_templates
from airhook.control.snapshot_templates import SNAPSHOT, SnapshotTemplateForm
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.tools.terminal import table


def form_options(command: FC) -> FC:
    """The options that ``add`` and ``set`` have in common."""
    for option in reversed(
        [
            click.option(
                "--interval",
                "interval_s",
                type=int,
                metavar="SECONDS",
                help="From one picture to the next (10).",
            ),
            click.option("--width", type=int, metavar="PIXELS", help="0: as the stream has it."),
            click.option("--height", type=int, metavar="PIXELS", help="0: as the stream has it."),
            click.option("--audit/--no-audit", default=None, help="Whether a detector judges each picture."),
            click.option(
                "--prefix", metavar="PATTERN", help="The folder, such as /{Year}-{Month}-{Day}; '' for that."
            ),
            click.option("--file-name", metavar="PATTERN", help="The picture's name; '' for the usual one."),
            click.option("--description", metavar="TEXT"),
        ]
    ):
        command = option(command)
    return command


@click.group(cls=Group, name="snapshot-template")
def group() -> None:
    """Snapshot templates: add, list, set, remove."""


@group.command("add", examples=["airhook snapshot-template add shots --interval 5 --audit"])
@click.argument("name")
@form_options
@as_json
@settings_option
def add(settings: Settings, *, name: str, as_json: bool, **options: object) -> None:
    """Add a snapshot template."""
    form = SnapshotTemplateForm(name=name, **options)  # type: ignore[arg-type]
    made = act(settings, lambda desk, account: media_templates.create(desk, SNAPSHOT, account, form))
    text = f"Added snapshot template {made.id}. Bind it to a domain with:\n  airhook rule add DOMAIN {made.id} --kind snapshot"
    show(plain(made), text, as_json=as_json)


@group.command("list", examples=["airhook snapshot-template list"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the snapshot templates."""
    found = act(settings, lambda desk, account: media_templates.list_all(desk, SNAPSHOT, account))
    rows = [
        (one.id, one.name, f"{one.interval_s} s", _size(one), "yes" if one.audit else "no") for one in found
    ]
    text = table(("ID", "NAME", "EACH", "SIZE", "JUDGED"), rows)
    show([plain(one) for one in found], text, as_json=as_json)


@group.command("set", examples=["airhook snapshot-template set 1001 --no-audit --width 640"])
@click.argument("template_id", type=int)
@click.option("--name", metavar="TEXT")
@form_options
@as_json
@settings_option
def change(
    settings: Settings, *, template_id: int, name: str | None, as_json: bool, **options: object
) -> None:
    """Change a snapshot template for pushes that start later; what is not named stays as it is."""
    form = SnapshotTemplateForm(name=name, **options)  # type: ignore[arg-type]
    changed = act(
        settings, lambda desk, account: media_templates.change(desk, SNAPSHOT, account, template_id, form)
    )
    show(plain(changed), f"Changed snapshot template {changed.id}.", as_json=as_json)


@group.command("remove", examples=["airhook snapshot-template remove 1001"])
@click.argument("template_id", type=int)
@as_json
@settings_option
def remove(settings: Settings, *, template_id: int, as_json: bool) -> None:
    """Remove a snapshot template that no rule binds."""
    act(settings, lambda desk, account: media_templates.delete(desk, SNAPSHOT, account, template_id))
    show({"removed": template_id}, f"Removed snapshot template {template_id}.", as_json=as_json)


def _size(template: SnapshotTemplate) -> str:
    if not template.width and not template.height:
        return "as the stream"
    return f"{template.width or 'any'}x{template.height or 'any'}"
