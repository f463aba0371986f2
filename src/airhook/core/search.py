"""What may be asked of the log: deliveries by what they are and by what came of them, newest first.

A filter names values, never parts of them: every answer comes from an index. Time is when a delivery was planned, which
its id tells (``core.clock``); so newest first is in order of ids, and a cursor is the id below which to go on. Rows that
arrive meanwhile have larger ids and never shift a page.
"""

import msgspec

from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import DeliveryState, ErrorClass
from airhook.core.errors import InvalidError
from airhook.core.ports import DeliveryRecord

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
        low = (self.since_ms or 0) << ID_LOW_BITS
        high = NEWEST if self.until_ms is None else self.until_ms << ID_LOW_BITS
        return low, min(high, before)

    def check(self) -> None:
        """Raises ``InvalidError`` for a time that cannot be."""
        if self.since_ms is not None and self.until_ms is not None and self.since_ms >= self.until_ms:
            raise InvalidError("until", "must be after since", rule="range")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page. ``next`` is the cursor of the page after it; None: there is nothing more.

    A page may be short, or empty, though more follows: when a search has looked at much and found little, it answers with
    how far it came instead of keeping its caller waiting.
    """

    records: list[DeliveryRecord]
    next: int | None
