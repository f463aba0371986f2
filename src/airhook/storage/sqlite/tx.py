"""A transaction on SQLite: what every backend does through SQLAlchemy; accepting and pushes by hand-written statements.

Many works share it. Each runs in a savepoint of its own, which is made when the work first writes: most only accept,
and what they accepted is forgotten without the database.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import UpdateBase

from airhook.core.deliveries import Delivery
from airhook.core.events import Event
from airhook.core.ports import Receipt, Tx
from airhook.storage.access_tx import AccessTx
from airhook.storage.audit_tx import AuditTx
from airhook.storage.destination_tx import DestinationTx
from airhook.storage.media_tx import MediaTx
from airhook.storage.replay_tx import ReplayTx
from airhook.storage.secretbox import SecretBox
from airhook.storage.sqlite.accept import Accepting
from airhook.storage.sqlite.connect import Database
from airhook.storage.sqlite.once import Once
from airhook.storage.sqlite.push_tx import PushTx
from airhook.storage.stream_order_tx import StreamOrderTx

T = TypeVar("T")


class SqliteTx(ReplayTx, DestinationTx, StreamOrderTx, PushTx, MediaTx, AccessTx, AuditTx):
    """``core.ports.Tx`` on the writer's connection."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        super().__init__(database.core, box)
        self._raw = database.raw
        self._accepting = Accepting()
        self._once = Once()

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
        self._begin_work()
        return super()._write(statement, rows)

    def _savepoint(self, statement: str) -> None:
        # A full disk may have ended the transaction, and the savepoint with it.
        if self._saved and self._raw.in_transaction:
            self._raw.execute(statement)
