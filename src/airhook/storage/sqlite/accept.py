"""Accepted events and their deliveries: gathered while the works of a commit run, written together at its end."""

import sqlite3
from collections.abc import Sequence

import msgspec

from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.destinations import id_of
from airhook.core.errors import AlreadyExistsError, InvalidError
from airhook.core.events import Event, encode_facts
from airhook.storage.sqlite.queries import DELIVERY, EVENT, HOT, Row, insert, keys
from airhook.storage.values import checked, plain

_EVENT_TYPE, _FACTS = EVENT.index("event_type"), EVENT.index("facts")
_TYPE, _STATE, _BODY = (DELIVERY.index(name) for name in ("event_type", "state", "body"))


class Accepting:
    """What one commit accepts, in order."""

    def __init__(self) -> None:
        self._events: dict[tuple[int, str], Row] = {}
        self._deliveries: dict[int, tuple[Delivery, list[object]]] = {}

    def __len__(self) -> int:
        """Events."""
        return len(self._events)

    def add(self, event: Event, deliveries: Sequence[Delivery]) -> None:
        """Raises ``InvalidError`` for values that cannot be stored, ``AlreadyExistsError`` for repeats."""
        key = (event.account_id, event.id)
        if key in self._events:
            raise AlreadyExistsError("event", event.id)
        self._events[key] = (*_event_row(event), len(deliveries), len(deliveries))
        for delivery in deliveries:
            if delivery.id in self._deliveries:
                raise AlreadyExistsError("delivery", delivery.id)
            self._deliveries[delivery.id] = (delivery, _delivery_row(delivery))

    def add_repeats(self, deliveries: Sequence[Delivery]) -> None:
        """Deliveries of events that were accepted before, outside every lane."""
        for delivery in deliveries:
            self._deliveries[delivery.id] = (delivery, _delivery_row(delivery))

    def mark(self) -> tuple[int, int]:
        return len(self._events), len(self._deliveries)

    def undo(self, mark: tuple[int, int]) -> None:
        """Forget what came after ``mark``."""
        events, deliveries = mark
        while len(self._events) > events:
            self._events.popitem()
        while len(self._deliveries) > deliveries:
            self._deliveries.popitem()

    def clear(self) -> None:
        self.undo((0, 0))

    def write(self, raw: sqlite3.Connection) -> list[Delivery]:
        """Write it all; the deliveries as they are stored.

        Raises ``AlreadyExistsError`` when one of the events or deliveries is in the database already.
        """
        try:
            insert(raw, "insert_events", list(self._events.values()))
        except sqlite3.IntegrityError:
            raise AlreadyExistsError("event", next(iter(self._events))[1]) from None
        stored = self._hold_followers(raw)
        try:
            insert(raw, "insert_deliveries", [row for _, row in self._deliveries.values()])
        except sqlite3.IntegrityError:
            raise AlreadyExistsError("delivery", next(iter(self._deliveries))) from None
        self._count_repeats(raw)
        return stored

    def _count_repeats(self, raw: sqlite3.Connection) -> None:
        """An event whose deliveries have not all ended stays until its repeats have ended, too."""
        for delivery, _ in self._deliveries.values():
            if delivery.repeat_of is not None:
                raw.execute(HOT["count_up"], (delivery.account_id, delivery.event_id))

    def _hold_followers(self, raw: sqlite3.Connection) -> list[Delivery]:
        """A delivery waits when its lane has an unsettled one, here or in the database."""
        lanes = list(
            {delivery.lane for delivery, _ in self._deliveries.values() if delivery.lane is not None}
        )
        busy = {lane for (lane,) in raw.execute(HOT["busy_lanes"], (keys(lanes),))} if lanes else set()
        stored = []
        for delivery, row in self._deliveries.values():
            if delivery.lane in busy:
                row[_STATE] = DeliveryState.HELD.value
                stored.append(msgspec.structs.replace(delivery, state=DeliveryState.HELD))
                continue
            if delivery.lane is not None:
                busy.add(delivery.lane)
            stored.append(delivery)
        return stored


def _delivery_row(delivery: Delivery) -> list[object]:
    one = delivery
    row: list[object] = list(msgspec.structs.astuple(one))
    row[_TYPE], row[_STATE] = int(one.event_type), one.state.value
    row[_BODY] = bytearray(one.body)  # which sqlite3 takes as it is; bytes it first looks for an adapter of
    texts = f"{one.event_id}{one.domain}{one.app}{one.stream}{one.url}{one.lane}"
    numbers = one.id | one.account_id | one.event_type | one.template_id | one.shard | one.attempts
    times = one.created_ms | one.due_ms | one.hold_until_ms | one.expires_ms
    if not plain(texts, numbers | times | (one.repeat_of or 0) | (one.replay_id or 0)):
        row = checked(DELIVERY, row)
    row.append(id_of(one.account_id, one.url))
    return row


def _event_row(event: Event) -> list[object]:
    row: list[object] = list(msgspec.structs.astuple(event))
    row[_EVENT_TYPE] = int(event.event_type)
    try:
        row[_FACTS] = facts = encode_facts(event.facts).decode()
    except (UnicodeEncodeError, OverflowError) as error:
        raise InvalidError("facts", f"cannot be stored: {error}") from None
    texts = f"{event.id}{event.domain}{event.app}{event.stream}{facts}"
    numbers = event.account_id | event.event_type | (event.session_id or 0) | event.config_version
    if not plain(texts, numbers | event.occurred_ms | event.accepted_ms):
        row = checked(EVENT, row)
    return row
