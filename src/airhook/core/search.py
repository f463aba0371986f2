"""What may be asked of the log: deliveries by what they are and by what came of them, newest first.

A filter names values, never parts of them: every answer comes from an index. Time is when a delivery was planned, which
its id tells (``core.clock``); so newest first is in order of ids, and a cursor is the id below which to go on. Rows that
arrive meanwhile have larger ids and never shift a page.
"""

from collections.abc import Iterable

import msgspec

from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import Attempt, Delivery, DeliveryState, ErrorClass
from airhook.core.errors import InvalidError

MAX_LIMIT = 500
NEWEST = 2**63 - 1


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What deliveries must be; what is None is not asked for.

    ``status`` and ``error`` find deliveries of which any attempt ended so. ``destination`` is an origin, such as
    ``https://hooks.example:443``. ``since_ms`` counts, ``until_ms`` does not any more: milliseconds since the UNIX epoch.
    """

    delivery_id: int | None = None
    event_id: str | None = None
    domain: str | None = None
    app: str | None = None
    stream: str | None = None
    event_type: int | None = None
    url: str | None = None
    destination: str | None = None
    state: DeliveryState | None = None
    status: int | None = None
    error: ErrorClass | None = None
    since_ms: int | None = None
    until_ms: int | None = None

    def ids(self, before: int = NEWEST) -> tuple[int, int]:
        """The ids that its time and a cursor leave: from the first to below the second."""
        low = _first_id(self.since_ms or 0)
        high = NEWEST if self.until_ms is None else _first_id(self.until_ms)
        if self.delivery_id is not None:
            low, high = max(low, self.delivery_id), min(high, self.delivery_id + 1)
        return low, min(high, before)

    def fits(self, delivery: Delivery, account_id: int | None) -> bool:
        """Whether a delivery is what is asked for; its attempts, and where its URL leads, are judged elsewhere."""
        return account_id in (None, delivery.account_id) and all(
            wanted is None or wanted == is_
            for wanted, is_ in (
                (self.delivery_id, delivery.id),
                (self.event_id, delivery.event_id),
                (self.domain, delivery.domain),
                (self.app, delivery.app),
                (self.stream, delivery.stream),
                (self.event_type, delivery.event_type),
                (self.url, delivery.url),
                (self.state, delivery.state),
            )
        )

    def tried(self, attempts: Iterable[Attempt]) -> bool:
        """Whether one of the attempts ended as is asked for."""
        return any(self.status in (None, one.status) and self.error in (None, one.error) for one in attempts)

    @property
    def asks_of_attempts(self) -> bool:
        return self.status is not None or self.error is not None

    def check(self) -> None:
        """Raises ``InvalidError`` for a time that cannot be."""
        if self.since_ms is not None and self.until_ms is not None and self.since_ms >= self.until_ms:
            raise InvalidError("until", "must be after since", rule="range")


def _first_id(ms: int) -> int:
    """The lowest id of a millisecond; times after the last one that ids can tell (in 2109) have none."""
    return min(ms << ID_LOW_BITS, NEWEST)


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as lists show it: unsettled or settled, with its last attempt."""

    delivery: Delivery
    reason: str | None  # why it was exhausted
    last_attempt: Attempt | None
    settled_ms: int | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page. ``next`` is the cursor of the page after it; None: there is nothing more.

    A page may be short, or empty, though more follows: when a search has looked at much and found little, it answers with
    how far it came instead of keeping its caller waiting. ``unindexed`` are deliveries that could not be looked at,
    because the index of their day is being made anew.
    """

    records: list[DeliveryRecord]
    next: int | None
    unindexed: int = 0
