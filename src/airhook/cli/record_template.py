"""``airhook record-template``: which files are made of a stream."""

import click
from click.decorators import FC

from airhook.cli.common import act, as_json, plain, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import media_templates
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.core.errors import InvalidError
from airhook.core.record_templates import RecordFormat, RecordParam
from airhook.tools.terminal import table

DAY_S = 86_400
_FORMATS = ", ".join(RecordFormat)


def form_options(command: FC) -> FC:
    """The options that ``add`` and ``set`` have in common."""
    for option in reversed(
        [
            click.option(
                "--format",
                "formats",
                metavar="FORMAT[=SECONDS]",
                multiple=True,
                help=f"Record {_FORMATS}; a new file begins after SECONDS (1800), but for HLS. Repeat it for more.",
            ),
            click.option(
                "--without", metavar="FORMAT", multiple=True, help="Record this format no more; repeatable."
            ),
            click.option(
                "--keep-days",
                type=int,
                metavar="DAYS",
                help="How long files of the formats named here are kept; 0: as the server's settings say.",
            ),
            click.option(
                "--file-name",
                metavar="PATTERN",
                help="What they are called, such as {StreamID}_{StartYear}; '' for the usual name.",
            ),
            click.option(
                "--hls-continue",
                "hls_continue_s",
                type=int,
                metavar="SECONDS",
                help="How long a broken push may come back into the same playlist.",
            ),
            click.option("--description", metavar="TEXT"),
        ]
    ):
        command = option(command)
    return command


@click.group(cls=Group, name="record-template")
def group() -> None:
    """Record templates: add, list, set, remove."""


@group.command(
    "add", examples=["airhook record-template add films --format mp4=3600 --format hls --keep-days 30"]
)
@click.argument("name")
@form_options
@as_json
@settings_option
def add(settings: Settings, *, name: str, as_json: bool, **options: object) -> None:
    """Add a record template."""
    form = _form(name, **options)  # type: ignore[arg-type]
    made = act(settings, lambda desk, account: media_templates.create(desk, RECORD, account, form))
    text = f"Added record template {made.id}. Bind it to a domain with:\n  airhook rule add DOMAIN {made.id} --kind record"
    show(plain(made), text, as_json=as_json)


@group.command("list", examples=["airhook record-template list"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the record templates and what they record."""
    found = act(settings, lambda desk, account: media_templates.list_all(desk, RECORD, account))
    rows: list[tuple[object, ...]] = []
    for one in found:
        told = [_told(format_, param) for format_, param in one.enabled.items()] or ["(nothing)"]
        rows.append((one.id, one.name, told[0]))
        rows += [("", "", more) for more in told[1:]]
    show([plain(one) for one in found], table(("ID", "NAME", "RECORDS"), rows), as_json=as_json)


@group.command("set", examples=["airhook record-template set 1001 --format flv=600 --without hls"])
@click.argument("template_id", type=int)
@click.option("--name", metavar="TEXT")
@form_options
@as_json
@settings_option
def change(
    settings: Settings, *, template_id: int, name: str | None, as_json: bool, **options: object
) -> None:
    """Change a record template for pushes that start later; what is not named stays as it is."""
    form = _form(name, **options)  # type: ignore[arg-type]
    changed = act(
        settings, lambda desk, account: media_templates.change(desk, RECORD, account, template_id, form)
    )
    show(plain(changed), f"Changed record template {changed.id}.", as_json=as_json)


@group.command("remove", examples=["airhook record-template remove 1001"])
@click.argument("template_id", type=int)
@as_json
@settings_option
def remove(settings: Settings, *, template_id: int, as_json: bool) -> None:
    """Remove a record template that no rule binds."""
    act(settings, lambda desk, account: media_templates.delete(desk, RECORD, account, template_id))
    show({"removed": template_id}, f"Removed record template {template_id}.", as_json=as_json)


def _form(
    name: str | None,
    *,
    formats: tuple[str, ...],
    without: tuple[str, ...],
    keep_days: int | None,
    file_name: str | None,
    hls_continue_s: int | None,
    description: str | None,
) -> RecordTemplateForm:
    storage_s = None if keep_days is None else keep_days * DAY_S
    if not formats and (storage_s is not None or file_name is not None):
        raise InvalidError("--format", "must name the formats that --keep-days and --file-name are for")
    params = {_format("--without", text): ParamForm(enabled=False) for text in without}
    for text in formats:
        format_, _, seconds = text.partition("=")
        params[_format("--format", format_)] = ParamForm(
            enabled=True,
            interval_s=_seconds(seconds) if seconds else None,
            storage_s=storage_s,
            file_name=file_name,
        )
    return RecordTemplateForm(
        name=name, description=description, params=params, hls_continue_s=hls_continue_s
    )


def _format(option: str, text: str) -> RecordFormat:
    try:
        return RecordFormat(text.lower())
    except ValueError:
        raise InvalidError(option, f"{text!r} is none of {_FORMATS}", rule="unknown") from None


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidError("--format", f"{text!r} is no number of seconds", rule="format")
    return int(text)


def _told(format_: RecordFormat, param: RecordParam) -> str:
    cut = "" if format_ is RecordFormat.HLS else f", a file each {param.interval_s} s"
    kept = f", kept for {param.storage_s / DAY_S:g} days" if param.storage_s else ""
    return f"{format_}{cut}{kept}"
