"""The loader of hand-written statements: ``-- name: purpose`` above each one in ``hot.sql``.

``{delivery}`` and ``{event}`` stand for the columns in the order of the fields in ``core``, ``{delivery:?}`` for as
many parameters.
"""

import re
from pathlib import Path

from airhook.core.deliveries import Attempt, Delivery
from airhook.core.events import Event

_TITLE = re.compile(r"^-- ([a-z_]+): .+$", re.MULTILINE)
_COLUMNS = {
    "delivery": Delivery.__struct_fields__,
    "event": Event.__struct_fields__,
    "attempt": Attempt.__struct_fields__,
}


def load(path: Path) -> dict[str, str]:
    """Statements by name."""
    parts = _TITLE.split(path.read_text(encoding="utf-8"))
    return {name: _fill(sql.strip()) for name, sql in zip(parts[1::2], parts[2::2], strict=True)}


def _fill(sql: str) -> str:
    for name, columns in _COLUMNS.items():
        sql = sql.replace(f"{{{name}}}", ", ".join(columns))
        sql = sql.replace(f"{{{name}:?}}", ", ".join("?" for _ in columns))
    return sql


HOT = load(Path(__file__).with_name("hot.sql"))
