"""Destinations: who receives callbacks, how they are doing, and what operators ordered for them (design D5)."""

import enum
from typing import NamedTuple

import msgspec

from airhook.core.deliveries import ErrorClass


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
