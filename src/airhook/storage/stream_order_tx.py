"""Orders about streams within a transaction: configuration, since every node must obey them."""

from collections.abc import Sequence

import msgspec

from airhook.core.stream_orders import OBEYED_WITHIN_MS, StreamOrder
from airhook.core.streams import StreamKey
from airhook.storage.config_tx import ConfigTx
from airhook.storage.rows import STREAM_ORDERS
from airhook.storage.tables import stream_orders

_KEY = tuple(stream_orders.c[name] for name in StreamKey._fields)


class StreamOrderTx(ConfigTx):
    def stream_order(self, key: StreamKey) -> StreamOrder | None:
        return self._one(STREAM_ORDERS, *(column == part for column, part in zip(_KEY, key, strict=True)))

    def stream_bans(self, account_id: int, now_ms: int) -> Sequence[StreamOrder]:
        table = stream_orders.c
        banned = (table.account_id == account_id, table.forbidden_until_ms > now_ms)
        return self._list(STREAM_ORDERS, *banned, order=_KEY)

    def put_stream_order(self, order: StreamOrder) -> None:
        """Write an order; it raises the configuration's version."""
        self._put(STREAM_ORDERS, msgspec.structs.replace(order, version=self._next_version()))

    def forget_stream_orders(self, now_ms: int) -> None:
        """Take out those that are over. No node has to hear of that: each judges by the time."""
        table = stream_orders.c
        over = (table.forbidden_until_ms < now_ms, table.updated_ms < now_ms - OBEYED_WITHIN_MS)
        self._write(stream_orders.delete().where(*over))
