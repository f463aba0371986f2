"""Destinations within a transaction: operators' orders are configuration, how they are doing is not."""

from collections.abc import Sequence

import msgspec

from airhook.core.destinations import DestinationKey, DestinationRow
from airhook.storage.config_tx import ConfigTx
from airhook.storage.rows import DESTINATIONS
from airhook.storage.tables import destinations

_KEY = tuple(destinations.c[name] for name in DestinationKey._fields)


class DestinationTx(ConfigTx):
    def destination(self, key: DestinationKey) -> DestinationRow | None:
        return self._one(DESTINATIONS, *(column == part for column, part in zip(_KEY, key, strict=True)))

    def destinations(self, account_id: int) -> Sequence[DestinationRow]:
        return self._list(DESTINATIONS, destinations.c.account_id == account_id, order=_KEY)

    def put_destination(self, destination: DestinationRow) -> None:
        """Write an order; it raises the configuration's version."""
        self._put(DESTINATIONS, msgspec.structs.replace(destination, version=self._next_version()))
