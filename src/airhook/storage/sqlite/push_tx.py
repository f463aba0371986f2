"""What every start and stop of a push reads and writes, by hand-written statements: SQLAlchemy takes several times as
long as SQLite does.

In ``pushes.sql`` ``{session}``, ``{push}`` and ``{hook}`` stand for the columns in the order of the fields in ``core``,
``{step}`` for those of a session that may change, each followed by ``?`` for as many values.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from airhook.core.errors import AlreadyExistsError
from airhook.core.hooks import HookRecord, SourcePush
from airhook.core.sessions import Session, SessionState
from airhook.core.streams import StreamKey
from airhook.storage.session_tx import SessionTx
from airhook.storage.source_tx import SourceTx
from airhook.storage.sqlite.queries import HOOK, load
from airhook.storage.values import checked

_SESSION = Session.__struct_fields__
_PUSH = SourcePush.__struct_fields__
_STEP = tuple(
    field for field in _SESSION if field not in ("id", *StreamKey._fields)
)  # the others are in indexes
_STATE = _SESSION.index("state")
_STATES = {state.value: state for state in SessionState}

PUSHES = load(
    Path(__file__).with_name("pushes.sql"),
    {"session": _SESSION, "step": _STEP, "push": _PUSH, "hook": HOOK},
)


class PushTx(SourceTx, SessionTx):
    """Sessions, pushes of sources and their hooks, on a connection of SQLite."""

    _raw: sqlite3.Connection
    _saved = False  # whether the work has a savepoint

    def open_session(self, key: StreamKey) -> Session | None:
        return _session(self._raw.execute(PUSHES["open_session"], key).fetchone())

    def session(self, session_id: int) -> Session | None:
        return _session(self._raw.execute(PUSHES["session"], (session_id,)).fetchone())

    def insert_session(self, session: Session) -> None:
        try:
            self._change("insert_session", _row(_SESSION, session))
        except sqlite3.IntegrityError:
            name = f"{session.domain}/{session.app}/{session.stream}"
            raise AlreadyExistsError("an open session of", name) from None

    def change_session(self, old: Session, new: Session) -> bool:
        step = checked(_STEP, [getattr(new, field) for field in _STEP])
        return self._change("change_session", [*step, old.id, old.state.value, old.epoch]) == 1

    def save_source_push(self, push: SourcePush) -> None:
        self._change("save_push", _row(_PUSH, push))

    def delete_source_push(self, source_id: str, client: str) -> None:
        self._change("delete_push", (source_id, client))

    def add_hook(self, hook: HookRecord, *, unfinished: bool = False) -> None:
        self._change("add_hook", [*_row(HOOK, hook), unfinished])

    def change_hook(
        self, hook: HookRecord, *, unfinished: bool = False, of_session: int | None = None
    ) -> bool:
        was = hook.session_id if of_session is None else of_session
        return self._change("change_hook", [*_row(HOOK, hook), unfinished, was, hook.id]) == 1

    def _change(self, name: str, values: Sequence[object]) -> int:
        """How many rows were changed."""
        self._begin_work()
        return self._raw.execute(PUSHES[name], values).rowcount

    def _begin_work(self) -> None:
        """What comes before each write: a work that writes has a savepoint."""
        if not self._saved:
            self._raw.execute("SAVEPOINT work")
            self._saved = True


def _row(fields: Sequence[str], value: msgspec.Struct) -> list[object]:
    return checked(fields, msgspec.structs.astuple(value))


def _session(row: Sequence[Any] | None) -> Session | None:
    if row is None:
        return None
    values = dict(zip(_SESSION, row, strict=True))
    values["state"] = _STATES[row[_STATE]]
    return Session(**values)
