"""Deliveries of all kinds to search in, and the oracle that tells what is to be found."""

import random

import msgspec

from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import Attempt, Delivery, DeliveryState, ErrorClass, ExhaustReason, Outcome
from airhook.core.search import Filter
from support.storage import NOON_MS, SqliteBackend, accept, attempt, delivery, event, settle

URLS = ("https://one.example/cb", "https://one.example:443/other", "http://two.example:8080/cb")
DESTINATIONS = {
    URLS[0]: "https://one.example:443",
    URLS[1]: "https://one.example:443",
    URLS[2]: "http://two.example:8080",
}
ENDS: dict[str, list[int | None]] = {
    "delivered": [200],
    "recovered": [500, 200],
    "exhausted": [503, 500],
    "unreachable": [None],
    "waiting": [500],
    "pending": [],
}


class Known(msgspec.Struct):
    """What is to be found: the oracle that every answer is compared with."""

    delivery: Delivery
    state: DeliveryState
    tries: list[Attempt]

    def fits(self, wanted: Filter) -> bool:
        low, high = wanted.ids()
        as_it_is = msgspec.structs.replace(self.delivery, state=self.state)
        return (
            low <= self.delivery.id < high
            and wanted.fits(as_it_is, 1)
            and wanted.destination in (None, DESTINATIONS[self.delivery.url])
            and (not wanted.asks_of_attempts or wanted.tried(self.tries))
        )


def fill(backend: SqliteBackend, count: int = 60) -> list[Known]:
    """Deliveries of all kinds, an hour apart, over some days; attempts of one may fall on two days."""
    chance = random.Random(7)
    known = []
    for n in range(count):
        at_ms = NOON_MS + n * 3_600_000
        backend.clock.now = at_ms
        made = event(
            f"event-{n}",
            stream=f"room{n % 5}",
            domain=f"push{n % 3}.example",
            event_type=(1, 0, 200)[n % 3],
            account_id=2 if n % 11 == 10 else 1,
        )
        (one,) = accept(
            backend.store,
            made,
            delivery(made, id=(at_ms << ID_LOW_BITS) + n, url=URLS[n % 3], created_ms=at_ms),
        )
        known.append(end_as(backend, one, chance.choice(list(ENDS))))
    return known


def end_as(backend: SqliteBackend, one: Delivery, end: str) -> Known:
    """Settle ``one`` as ``ENDS`` has it; what is known of it then."""
    tries: list[Attempt] = []
    for status in ENDS[end]:
        backend.clock.now += 14 * 3_600_000 * len(tries)
        error = None if status == 200 else ErrorClass.TIMEOUT if status is None else ErrorClass.BAD_STATUS
        tries.append(attempt(one, status=status, error=error))
        last = len(tries) == len(ENDS[end]) and end != "waiting"
        state = DeliveryState.WAITING
        if last:
            state = DeliveryState.DELIVERED if status == 200 else DeliveryState.EXHAUSTED
        reason = ExhaustReason.ATTEMPTS if state is DeliveryState.EXHAUSTED else None
        settle(
            backend.store,
            Outcome(delivery=one, attempt=tries[-1], state=state, due_ms=one.due_ms, reason=reason),
        )
        one = msgspec.structs.replace(one, attempts=len(tries), state=state)
    return Known(one, one.state, tries)


def expected(known: list[Known], wanted: Filter) -> list[int]:
    return sorted((one.delivery.id for one in known if one.fits(wanted)), reverse=True)
