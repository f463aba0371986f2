"""``airhook records``: find deliveries in the database and its log, whether a server runs or not."""

import asyncio
import contextlib
import functools
import itertools
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from airhook.cli.common import account_of, act, as_json, settings_option, show
from airhook.cli.desk import open_desk
from airhook.cli.shape import Command
from airhook.config import Settings
from airhook.control import export, search, shapes
from airhook.control.base import Desk
from airhook.core.deliveries import DeliveryState, ErrorClass
from airhook.core.search import MAX_LIMIT, DeliveryRecord, Filter, Found
from airhook.observe.times import iso_ms
from airhook.tools.terminal import clean, table

_HEAD = ("DELIVERY", "PLANNED", "EVENT", "STREAM", "URL", "STATE", "TRIES", "LAST ANSWER")
_FILTERS: tuple[tuple[str, Any, str], ...] = (
    ("--id", str, "The delivery with this id."),
    ("--event-id", str, "Deliveries of this event."),
    ("--domain", str, "The push domain."),
    ("--app", str, "The app."),
    ("--stream", str, "The stream's name."),
    ("--event-type", int, "The type of the event, such as 100."),
    ("--url", str, "The callback URL, whole."),
    ("--destination", str, "Scheme, host and port of callback URLs."),
    ("--state", click.Choice([one.value for one in DeliveryState]), "The state now."),
    ("--status", int, "The HTTP status of any attempt."),
    ("--error", click.Choice([one.value for one in ErrorClass]), "Why any attempt failed."),
    ("--since", str, "Planned then or later: RFC 3339, UNIX seconds or milliseconds."),
    ("--until", str, "Planned before."),
)


def _help(kind: Any, text: str) -> str:
    return f"{text} One of: {', '.join(kind.choices)}." if isinstance(kind, click.Choice) else text


def _metavar(kind: Any) -> str | None:
    return "NAME" if isinstance(kind, click.Choice) else "N" if kind is int else "TEXT"


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """The options by which deliveries are found, as one argument ``wanted``."""

    @functools.wraps(command)
    def with_filter(*arguments: Any, **options: Any) -> None:
        names = [name.removeprefix("--").replace("-", "_") for name, _, _ in _FILTERS]
        given = {name: value for name in names if (value := options.pop(name)) is not None}
        command(*arguments, wanted=search.read(given), **options)

    for name, kind, text in reversed(_FILTERS):
        with_filter = click.option(name, type=kind, help=_help(kind, text), metavar=_metavar(kind))(
            with_filter
        )
    return with_filter


@click.command(
    cls=Command,
    examples=[
        "airhook records --stream room1",
        "airhook records --state exhausted --since 2026-01-15T00:00:00Z --json",
        "airhook records --destination https://hooks.example.com --export csv > deliveries.csv",
    ],
)
@filters
@click.option(
    "--limit",
    type=click.IntRange(1, MAX_LIMIT),
    default=search.DEFAULT_LIMIT,
    show_default=True,
    help="Rows at most.",
)
@click.option(
    "--cursor",
    type=click.IntRange(0, search.MAX_NUMBER),
    metavar="N",
    help="Go on where the page before ended.",
)
@click.option("--all", "all_of_it", is_flag=True, help="All rows, not a page of them.")
@click.option(
    "--export",
    "form",
    type=click.Choice([one.value for one in export.Format]),
    help="All that is found, as a file.",
)
@as_json
@settings_option
def records(
    settings: Settings,
    *,
    wanted: Filter,
    limit: int,
    cursor: int | None,
    all_of_it: bool,
    form: str | None,
    as_json: bool,
) -> None:
    """Find deliveries, newest first.

    A value is asked for whole; several narrow it down. What is found can be had as a file (--export), which is the way
    for very many.
    """
    if cursor is not None and (all_of_it or form is not None):
        raise click.UsageError("--cursor goes on with a page; --all and --export have everything")
    if form is not None:
        asyncio.run(_export(settings, wanted, export.Format(form)))
        return
    if all_of_it:
        found: Found = act(settings, lambda desk, account: _all(desk, account, wanted))
    else:
        found = act(settings, lambda desk, account: search.page(desk.store, account, wanted, limit, cursor))
    show(shapes.page(found), _text(found), as_json=as_json)


async def _all(desk: Desk, account_id: int, wanted: Filter) -> Found:
    pages = [page async for page in search.everything(desk.store, account_id, wanted)]
    return Found(records=list(itertools.chain.from_iterable(pages)), next=None)


async def _export(settings: Settings, wanted: Filter, form: export.Format) -> None:
    async with open_desk(settings) as desk:
        account = await account_of(desk, settings)
        pieces = await export.pieces(desk, account.id, wanted, form)
        with contextlib.suppress(BrokenPipeError):  # its reader has seen enough
            async for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()


def _text(found: Found) -> str:
    if not found.records:
        lines = ["Nothing is found." if found.next is None else "Nothing is found up to here."]
    else:
        lines = [_table(found.records)]
    if found.next is not None:
        lines.append(f"There may be more: --cursor {found.next}")
    if found.unindexed:
        lines.append(f"{found.unindexed:,} deliveries are not searched yet: an index is being made anew.")
    return "\n".join(lines)


def _table(records: Sequence[DeliveryRecord]) -> str:
    """One line for each; two on a terminal that is too narrow for the streams and URLs."""
    rows = [_row(record) for record in records]
    whole = table(_HEAD, rows)
    is_seen = sys.stdout.isatty() or "COLUMNS" in os.environ
    columns = shutil.get_terminal_size().columns
    if not is_seen or whole.index("\n") <= columns:
        return whole
    short = table([*_HEAD[:3], *_HEAD[5:]], [[*row[:3], *row[5:]] for row in rows]).split("\n")
    below = ["", *(f"  {clean(row[3])}  {clean(row[4])}" for row in rows)]
    return "\n".join(line for pair in zip(short, below, strict=True) for line in pair if line)


def _row(record: DeliveryRecord) -> tuple[str, ...]:
    one, last = record.delivery, record.last_attempt
    answer = (
        ""
        if last is None
        else str(last.status or "")
        if last.error is None
        else f"{last.status or ''} {last.error}"
    )
    return (
        str(one.id),
        iso_ms(one.created_ms),
        str(one.event_type),
        f"{one.domain}/{one.app}/{one.stream}",
        one.url,
        one.state.value + (f" ({record.reason})" if record.reason else ""),
        str(one.attempts),
        answer.strip(),
    )
