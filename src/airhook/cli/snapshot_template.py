"""``airhook snapshot-template``: how often a picture is taken of a stream, and whether it is judged."""

from typing import Any

import click
from click.decorators import FC

from airhook.cli.common import act, as_json, plain, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import media_templates
from airhook.control.snapshot_templates import SNAPSHOT, AuditForm, SnapshotTemplateForm
from airhook.core.snapshot_templates import NEVER_SCORE, SnapshotTemplate
from airhook.tools.terminal import table

DEFAULT = "default"  # what the server's settings say


class Score(click.ParamType[int | str]):
    name = "SCORE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        text = str(value)
        if text == DEFAULT:
            return text
        if text.isdecimal() and int(text) <= NEVER_SCORE:
            return int(text)
        return self.fail(
            f"{value!r} is no score: use 0 to 100, {NEVER_SCORE} for never, or {DEFAULT}", param, ctx
        )


SCORE = Score()


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
            click.option("--block", type=SCORE, help="Porn score from which on the suggestion is Block."),
            click.option("--review", type=SCORE, help="Porn score from which on it is Review."),
            click.option("--review-hot", type=SCORE, help="Hot score from which on it is Review."),
            click.option(
                "--send-pass",
                type=click.Choice(["yes", "no", DEFAULT]),
                help="Whether harmless results are sent, too.",
            ),
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
def add(settings: Settings, *, name: str, as_json: bool, **options: Any) -> None:
    """Add a snapshot template."""
    form = _form(name, options)
    made = act(settings, lambda desk, account: media_templates.create(desk, SNAPSHOT, account, form))
    text = f"Added snapshot template {made.id}. Bind it to a domain with:\n  airhook rule add DOMAIN {made.id} --kind snapshot"
    show(plain(made), text, as_json=as_json)


@group.command("list", examples=["airhook snapshot-template list"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the snapshot templates."""
    found = act(settings, lambda desk, account: media_templates.list_all(desk, SNAPSHOT, account))
    rows = [(one.id, one.name, f"{one.interval_s} s", _size(one), _judged(one)) for one in found]
    text = table(("ID", "NAME", "EACH", "SIZE", "JUDGED"), rows)
    show([plain(one) for one in found], text, as_json=as_json)


@group.command(
    "set",
    examples=[
        "airhook snapshot-template set 1001 --no-audit --width 640",
        "airhook snapshot-template set 1001 --block 70 --review 50 --review-hot default",
    ],
)
@click.argument("template_id", type=int)
@click.option("--name", metavar="TEXT")
@form_options
@as_json
@settings_option
def change(settings: Settings, *, template_id: int, name: str | None, as_json: bool, **options: Any) -> None:
    """Change a snapshot template for pushes that start later; what is not named stays as it is."""
    form = _form(name, options)
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


def _form(name: str | None, options: dict[str, Any]) -> SnapshotTemplateForm:
    audit = {field: options.pop(field) for field in ("block", "review", "review_hot", "send_pass")}
    given: dict[str, Any] = {field: _choice(value) for field, value in audit.items() if value is not None}
    return SnapshotTemplateForm(name=name, **options, audit_options=AuditForm(**given))


def _choice(value: int | str) -> int | bool | None:
    words = {DEFAULT: None, "yes": True, "no": False}
    return words[value] if isinstance(value, str) else value


def _judged(template: SnapshotTemplate) -> str:
    """With the scores that it has of its own: block/review/hot."""
    if not template.audit:
        return "no"
    options = template.audit_options
    scores = [options.block, options.review, options.review_hot]
    if scores == [None, None, None]:
        return "yes"
    return "yes, " + "/".join("-" if score is None else str(score) for score in scores)


def _size(template: SnapshotTemplate) -> str:
    if not template.width and not template.height:
        return "as the stream"
    return f"{template.width or 'any'}x{template.height or 'any'}"
