"""A transaction on SQLite: what every backend does through SQLAlchemy, and accepting by hand-written statements."""

import sqlite3
from collections.abc import Sequence

import msgspec

from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.errors import AlreadyExistsError, InvalidError
from airhook.core.events import Event, encode_facts
from airhook.storage.access_tx import AccessTx
from airhook.storage.config_tx import ConfigTx
from airhook.storage.secretbox import SecretBox
from airhook.storage.session_tx import SessionTx
from airhook.storage.sqlite.connect import Database
from airhook.storage.sqlite.queries import HOT
from airhook.storage.values import check

_EVENT = Event.__struct_fields__[:-1]
_DELIVERY = Delivery.__struct_fields__
HELD = DeliveryState.HELD


class SqliteTx(ConfigTx, AccessTx, SessionTx):
    """``core.ports.Tx`` on the writer's connection. ``accepted`` gathers the deliveries of the work that runs."""

    def __init__(self, database: Database, box: SecretBox) -> None:
        super().__init__(database.core, box)
        self._raw = database.raw
        self.accepted: list[Delivery] = []

    def accept(self, event: Event, deliveries: Sequence[Delivery]) -> None:
        """Raises ``InvalidError`` for values that cannot be stored, ``AlreadyExistsError`` for an event's repeat."""
        try:
            self._raw.execute(HOT["insert_event"], (*event_row(event), len(deliveries)))
        except sqlite3.IntegrityError:
            raise AlreadyExistsError("event", event.id) from None
        for delivery in deliveries:
            self._accept_delivery(delivery)

    def _accept_delivery(self, delivery: Delivery) -> None:
        if delivery.lane is not None and self._raw.execute(HOT["lane_busy"], (delivery.lane,)).fetchone()[0]:
            delivery = msgspec.structs.replace(delivery, state=HELD)
        row = [check(field, getattr(delivery, field)) for field in _DELIVERY]
        try:
            self._raw.execute(HOT["insert_delivery"], row)
        except sqlite3.IntegrityError:
            raise AlreadyExistsError("delivery", delivery.id) from None
        self.accepted.append(delivery)


def event_row(event: Event) -> list[object]:
    row = [check(field, getattr(event, field)) for field in _EVENT]
    try:
        row.append(encode_facts(event.facts).decode())
    except (UnicodeEncodeError, OverflowError) as error:
        raise InvalidError("facts", f"cannot be stored: {error}") from None
    return row
