"""A transaction on SQLite: what every backend does through SQLAlchemy, and accepting by hand-written statements.

Many works share it. Each runs in a savepoint of its own, which is made when the work first writes: most only accept,
and what they accepted is forgotten without the database.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import ClauseElement, UpdateBase

from airhook.core.deliveries import Delivery
from airhook.core.events import Event
from airhook.core.ports import Receipt, Tx
from airhook.storage.access_tx import AccessTx
from airhook.storage.audit_tx import AuditTx
from airhook.storage.destination_tx import DestinationTx
from airhook.storage.media_tx import MediaTx
from airhook.storage.replay_tx import ReplayTx
from airhook.storage.rows import SESSIONS, SOURCE_PUSHES
from airhook.storage.secretbox import SecretBox
from airhook.storage.session_tx import CHANGE_SESSION, SessionTx
from airhook.storage.source_tx import ADD_HOOK, CHANGE_HOOK, DELETE_PUSH, SourceTx
from airhook.storage.sqlite.accept import Accepting
from airhook.storage.sqlite.connect import Database
from airhook.storage.sqlite.once import Once
from airhook.storage.sqlite.prepared import Prepared
from airhook.storage.stream_order_tx import StreamOrderTx

T = TypeVar("T")

OFTEN = frozenset(
    {
        SESSIONS.insert,
        CHANGE_SESSION,
        ADD_HOOK,
        CHANGE_HOOK,
        DELETE_PUSH,
        SOURCE_PUSHES.insert,
        SOURCE_PUSHES.update,
    }
)
"""Written for every push. Each always comes with the same names."""


class SqliteTx(ReplayTx, DestinationTx, StreamOrderTx, SourceTx, MediaTx, AccessTx, AuditTx, SessionTx):
    """``core.ports.Tx`` on the writer's connection."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        super().__init__(database.core, box)
        self._raw = database.raw
        self._accepting = Accepting()
        self._once = Once()
        self._saved = False
        self._prepared: dict[ClauseElement, Prepared] = {}

    def prove_writable(self) -> None:
        # A write of the first page, which no table and nobody else makes use of.
        self._raw.execute("PRAGMA user_version = 1")

    def accept(self, event: Event, deliveries: Sequence[Delivery]) -> None:
        self._accepting.add(event, deliveries)

    def repeat(self, deliveries: Sequence[Delivery]) -> None:
        self._accepting.add_repeats(deliveries)

    def accept_once(self, event: Event, deliveries: Sequence[Delivery], digest: bytes) -> Receipt:
        return self._once.ask(event, deliveries, digest)

    def run(self, work: Callable[[Tx], T]) -> T:
        """Run one work; when it raises, nothing of it is left."""
        mark, asked = self._accepting.mark(), len(self._once)
        self._saved = False
        try:
            return work(self)
        except BaseException:
            self._accepting.undo(mark)
            self._once.undo(asked)
            self._savepoint("ROLLBACK TO work")
            raise
        finally:
            self._savepoint("RELEASE work")

    @property
    def gathered(self) -> int:
        """Events that wait to be written."""
        return len(self._accepting) + len(self._once)

    def forget(self) -> None:
        """Start anew: what was accepted before was not committed."""
        self._accepting.clear()
        self._once.undo(0)

    def write_accepted(self) -> list[Delivery]:
        """Write what the works have accepted; the deliveries as they are stored."""
        self._once.settle(self._raw, self._accepting)
        stored = self._accepting.write(self._raw)
        self.forget()
        return stored

    def _write(self, statement: UpdateBase, rows: list[dict[str, object]] | None = None) -> int:
        if not self._saved:
            self._raw.execute("SAVEPOINT work")
            self._saved = True
        if rows is not None and len(rows) == 1 and statement in OFTEN:
            return self._run(statement, rows[0]).rowcount
        return super()._write(statement, rows)

    def _run(self, statement: ClauseElement, values: dict[str, object]) -> sqlite3.Cursor:
        if statement not in self._prepared:
            self._prepared[statement] = Prepared(statement, list(values))
        return self._prepared[statement].run(self._raw, values)

    def _savepoint(self, statement: str) -> None:
        # A full disk may have ended the transaction, and the savepoint with it.
        if self._saved and self._raw.in_transaction:
            self._raw.execute(statement)
