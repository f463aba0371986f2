"""Events that callers send under ids of their own: each is accepted once, however often it is sent.

The works of a commit only ask; what became of each is known when all are written together. Ids outlive their events:
a repeat is recognized after the event was settled and has gone to the log.
"""

import sqlite3
from collections.abc import Sequence

from airhook.core.deliveries import Delivery
from airhook.core.events import Event
from airhook.core.ports import Receipt
from airhook.storage.sqlite.accept import Accepting
from airhook.storage.sqlite.queries import HOT, Row, insert, keys
from airhook.storage.values import check

Asked = tuple[Event, Sequence[Delivery], Receipt]
_Known = tuple[bytes, int, int]  # digest, accepted_ms, deliveries


class Once:
    """What the works of one commit ask to accept, in order."""

    def __init__(self) -> None:
        self._asked: list[Asked] = []

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, event: Event, deliveries: Sequence[Delivery], digest: bytes) -> Receipt:
        """The receipt is filled in by ``settle``. Raises ``InvalidError`` for an id that cannot be stored."""
        check("id", event.id)
        receipt = Receipt(digest=digest, accepted_ms=event.accepted_ms, deliveries=len(deliveries))
        self._asked.append((event, deliveries, receipt))
        return receipt

    def undo(self, mark: int) -> None:
        """Forget what came after the first ``mark``."""
        del self._asked[mark:]

    def settle(self, raw: sqlite3.Connection, accepting: Accepting) -> None:
        """Hand on what is new, and say in the receipts what is not."""
        if not self._asked:
            return
        known = self._known(raw)
        fresh: list[Row] = []
        for event, deliveries, receipt in self._asked:
            key = (event.account_id, event.id)
            first = known.get(key)
            if first is None:
                accepting.add(event, deliveries)
                known[key] = (receipt.digest, receipt.accepted_ms, receipt.deliveries)
                fresh.append((*key, *known[key]))
            else:
                _tell_repeat(receipt, first)
        insert(raw, "insert_accepted_ids", fresh)

    def _known(self, raw: sqlite3.Connection) -> dict[tuple[int, str], _Known]:
        wanted = keys([(event.account_id, event.id) for event, _, _ in self._asked])
        rows = raw.execute(HOT["accepted_ids_of"], (wanted,))
        return {(account_id, event_id): tuple(known) for account_id, event_id, *known in rows}


def forget(raw: sqlite3.Connection, before_ms: int, limit: int) -> int:
    """Take out the oldest ids that were accepted before; how many."""
    return raw.execute(HOT["forget_accepted_ids"], (limit, before_ms)).rowcount


def _tell_repeat(receipt: Receipt, first: _Known) -> None:
    digest, receipt.accepted_ms, receipt.deliveries = first
    receipt.repeat = True
    receipt.conflict = digest != receipt.digest
