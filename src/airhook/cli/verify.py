"""``airhook verify``: whether the records of a data folder agree with each other."""

import sys
from pathlib import Path

import click
import msgspec

from airhook.cli.common import as_json, settings_option
from airhook.cli.shape import Command
from airhook.config import Settings


@click.command(
    cls=Command,
    examples=[
        "airhook verify",
        "airhook verify --received callbacks.jsonl --repeats 10",
    ],
)
@click.option(
    "--received",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="What `airhook listen --json` wrote; repeat it for each receiver.",
)
@click.option(
    "--repeats",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="So many repeated callbacks are put down to crashes (0).",
)
@as_json
@settings_option
def verify(settings: Settings, *, files: tuple[Path, ...], repeats: int, as_json: bool) -> None:
    """Prove from the records that nothing was lost.

    Nor sent twice, nor out of order. Reads the data folder and changes nothing; the server may be running. Sessions,
    events, deliveries and attempts are recorded independently and held against each other, and with --received against
    starts and stops that arrived. How many attempts are right is told by the settings and templates as they are now.
    Exits with 1 when something does not fit.
    """
    from airhook.runtime.parts import schedules
    from airhook.storage.secretbox import load_secret_key
    from airhook.storage.sqlite.lock import is_locked
    from airhook.tools.verify import text
    from airhook.tools.verify import verify as verify_folder

    running = is_locked(settings.data_dir)
    key = load_secret_key(settings.secret_key_path)
    report = verify_folder(
        settings.data_dir, key, schedules(settings), running=running, received_files=files, repeats=repeats
    )
    shown = {"ok": report.ok, **msgspec.to_builtins(report)}
    click.echo(msgspec.json.format(msgspec.json.encode(shown)).decode() if as_json else text(report))
    sys.exit(0 if report.ok else 1)
