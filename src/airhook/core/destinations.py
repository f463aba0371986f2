"""Destinations: who receives callbacks, how they are doing, and what operators ordered for them (design D5)."""

import enum
import functools
import hashlib
from typing import NamedTuple

import msgspec

from airhook.core import callback_urls
from airhook.core.deliveries import ErrorClass

ID_BYTES = (
    6  # SQLite stores integers of 48 bits in as many bytes; of 50,000 destinations two are alike once in 10^5
)
NOWHERE = 0  # the id of all URLs that cannot be called
_IDS_KNOWN = 65_536


class HealthState(enum.StrEnum):
    HEALTHY = "healthy"
    SLOW = "slow"  # a request was open for three seconds
    FAILING = "failing"  # nobody answers: one probe at a time
    PAUSED = "paused"  # an operator said so


class DestinationKey(NamedTuple):
    """What can be slow or down: an account's scheme, host and port. ``host`` is ASCII, IPv6 without brackets."""

    account_id: int
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def id(self) -> int:
        """A short name for it, of 48 bits with sign: the same on every machine and in every release."""
        name = f"{self.account_id} {self.origin}".encode()
        return int.from_bytes(hashlib.blake2b(name, digest_size=ID_BYTES).digest(), "big", signed=True)


def key_of(account_id: int, url: str) -> DestinationKey:
    """Where a URL leads, whatever its path. Raises ``ValueError`` for what is no http or https URL."""
    parts = callback_urls.split(url)
    return DestinationKey(account_id, parts.scheme, parts.host, parts.port)


@functools.lru_cache(_IDS_KNOWN)
def id_of(account_id: int, url: str) -> int:
    """The id of the destination of a URL; ``NOWHERE`` for one that cannot be called."""
    try:
        return key_of(account_id, url).id
    except ValueError:
        return NOWHERE


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator ordered. ``rate_limit``: requests a second at most; None: as many as it takes."""

    paused: bool = False
    rate_limit: float | None = None

    def __bool__(self) -> bool:
        return self.paused or self.rate_limit is not None


class DestinationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A destination as it is stored: how it is doing, which the engine writes, and the operator's order.

    ``version`` is the configuration's version of the last order; 0: there never was one.
    """

    account_id: int
    scheme: str
    host: str
    port: int
    state: HealthState
    since_ms: int  # when the state began
    last_error: ErrorClass | None = None
    last_success_ms: int | None = None
    paused: bool = False
    rate_limit: float | None = None
    version: int = 0

    @property
    def key(self) -> DestinationKey:
        return DestinationKey(self.account_id, self.scheme, self.host, self.port)

    @property
    def order(self) -> Order:
        return Order(paused=self.paused, rate_limit=self.rate_limit)
