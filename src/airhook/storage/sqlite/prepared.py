"""Statements of SQLAlchemy that run often, compiled once: it takes longer to look one up than SQLite to run it."""

import sqlite3
from collections.abc import Mapping, Sequence

from sqlalchemy import ClauseElement, exc
from sqlalchemy.dialects import sqlite


class Prepared:
    """``names`` are those of the values that it is run with."""

    def __init__(self, statement: ClauseElement, names: Sequence[str]) -> None:
        compiled = statement.compile(
            dialect=sqlite.dialect(paramstyle="qmark"),
            column_keys=list(names),
        )
        self._sql = str(compiled)
        self._order: list[str] = compiled.positiontup  # type: ignore[attr-defined]

    def run(self, raw: sqlite3.Connection, values: Mapping[str, object]) -> sqlite3.Cursor:
        """Raises ``sqlalchemy.exc.IntegrityError`` as SQLAlchemy does."""
        try:
            return raw.execute(self._sql, [values[name] for name in self._order])
        except sqlite3.IntegrityError as error:
            raise exc.IntegrityError(self._sql, None, error) from None
