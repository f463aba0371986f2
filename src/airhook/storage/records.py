"""Reading and writing values through SQLAlchemy Core: the base of every backend's transaction and view."""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, UpdateBase, exc

from airhook.core.errors import AlreadyExistsError
from airhook.storage.rows import Kind
from airhook.storage.secretbox import SecretBox

S = TypeVar("S", bound=msgspec.Struct)
Where = ColumnElement[bool]


class Records:
    """One connection, and the box that opens its secrets."""

    def __init__(self, core: Connection, box: SecretBox) -> None:
        self._core = core
        self._box = box

    def _one(self, kind: Kind[S], *where: Where) -> S | None:
        row = self._core.execute(kind.select.where(*where)).mappings().first()
        return None if row is None else kind.value(row, self._box)

    def _list(self, kind: Kind[S], *where: Where, order: tuple[ColumnElement[Any], ...] = ()) -> list[S]:
        query = kind.select.where(*where).order_by(*order)
        return [kind.value(row, self._box) for row in self._core.execute(query).mappings()]

    def _put(self, kind: Kind[S], value: S, **more: object) -> None:
        """Insert, or change the row that has the same primary key.

        Raises ``AlreadyExistsError`` when another row has its unique name.
        """
        row = {**kind.row(value, self._box), **more}
        same = {f"of_{name}": row[name] for name in kind.key}
        try:
            if self._write(kind.update, [{**row, **same}]) == 0:
                self._write(kind.insert, [row])
        except exc.IntegrityError:
            raise AlreadyExistsError(kind.name, "with the same name or key") from None

    def _write(self, statement: UpdateBase, rows: list[dict[str, object]] | None = None) -> int:
        """Every change passes here; how many rows it changed."""
        return self._core.execute(statement, rows).rowcount
