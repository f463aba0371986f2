"""The loader of hand-written statements: ``-- name: purpose`` above each one in ``hot.sql``.

``{event}``, ``{delivery}``, ``{attempt}`` and ``{hook}`` stand for the columns in the order of the fields in ``core``,
``{ended}`` for those of a delivery with its last state and attempts, ``{rows}`` for the rows of an insert, ``{hook?}`` for
as many values as it has columns. Whole commits go into few statements, because each one lets the interpreter go and has to
wait for it again while other threads are busy.
"""

import functools
import re
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

import msgspec

from airhook.core.deliveries import Attempt, Delivery
from airhook.core.events import Event
from airhook.core.hooks import HookRecord

Row = Sequence[object]

EVENT = Event.__struct_fields__
DELIVERY = Delivery.__struct_fields__
ATTEMPT = Attempt.__struct_fields__
HOOK = HookRecord.__struct_fields__

CHUNKS = (256, 128, 64, 32, *range(16, 0, -1))
"""Rows of one insert: few sizes, so that the statements stay prepared, and each one that most commits have."""

_TITLE = re.compile(r"^-- ([a-z_]+): .+$", re.MULTILINE)


# What is known of a delivery when it ends takes the place of what its row says.
_KNOWN = {"state": "?1", "attempts": "?2"}
_ENDED = tuple(_KNOWN.get(name, name) for name in DELIVERY)

_COLUMNS = {"event": EVENT, "delivery": DELIVERY, "ended": _ENDED, "attempt": ATTEMPT, "hook": HOOK}


def load(path: Path, columns: Mapping[str, Sequence[str]] = _COLUMNS) -> dict[str, str]:
    """Statements by name."""
    text = path.read_text(encoding="utf-8")
    for name, fields in columns.items():
        text = text.replace(f"{{{name}}}", ", ".join(fields))
        text = text.replace(f"{{{name}?}}", ", ".join("?" * len(fields)))
    parts = _TITLE.split(text)
    return {name: sql.strip() for name, sql in zip(parts[1::2], parts[2::2], strict=True)}


HOT = load(Path(__file__).with_name("hot.sql"))


def insert(raw: sqlite3.Connection, name: str, rows: Sequence[Row]) -> None:
    """Insert all rows by the statement ``name``."""
    at = 0
    for size in CHUNKS:
        while len(rows) - at >= size:
            values = list(chain.from_iterable(rows[at : at + size]))
            raw.execute(_filled(name, len(rows[at]), size), values)
            at += size


def keys(values: Sequence[object]) -> str:
    """The parameter for ``json_each(?)``."""
    return msgspec.json.encode(values).decode()


@functools.cache
def _filled(name: str, width: int, count: int) -> str:
    row = f"({', '.join('?' * width)})"
    return HOT[name].replace("{rows}", ", ".join([row] * count))
