"""A log of many attempts, written as real deliveries write it: the same rows by the same code, in larger commits.

Streams are pushed once and have four deliveries; a few domains, URLs and receivers have most of them, as it is in life.
"""

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec

from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import Attempt, Delivery, DeliveryState, ErrorClass, ExhaustReason, Timings
from airhook.storage.sqlite.connect import STATE_FILE
from airhook.storage.sqlite.logindex import DayIndex
from airhook.storage.sqlite.logs import DAY_MS, LOG_FOLDER, DayLogs, LogRows, start_ms
from airhook.storage.sqlite.settle import attempt_row
from airhook.tools.bench import facts

DAYS = 10
AT_ONCE = 2000  # deliveries of one commit
PER_STREAM = 4
DOMAINS, URLS, RECEIVERS = 1000, 600, 200
TYPES = (1, 0, 100, 200)
FAILS_ONE_IN = 30
EXHAUSTED_ONE_IN = 300
TRIES = 13


class Filled(msgspec.Struct, frozen=True):
    """What was written: ``days`` oldest first."""

    logs: DayLogs
    days: list[dt.date]
    deliveries: int
    attempts: int


def fill(folder: Path, attempts: int, body: bytes) -> Filled:
    """Write so many attempts, spread over ten days that end yesterday."""
    logs = DayLogs(folder / LOG_FOLDER)
    today = dt.datetime.now(dt.UTC).date()
    days = [today - dt.timedelta(days=back) for back in range(DAYS, 0, -1)]
    chance = random.Random(1)  # noqa: S311 - the same in every run
    deliveries = made = 0
    for day in days:
        rows = LogRows()
        for delivery, tries in _day(day, attempts // DAYS, chance, body):
            rows.deliveries.append(_row(delivery))
            rows.attempts += [attempt_row(one) for one in tries]
            deliveries, made = deliveries + 1, made + len(tries)
            if len(rows.deliveries) == AT_ONCE:
                logs.write(start_ms(day), rows)
                rows = LogRows()
        logs.write(start_ms(day), rows)
    logs.close()
    return Filled(logs, days, deliveries, made)


def index(folder: Path, filled: Filled) -> None:
    """Make the indexes, as the server's thread makes them."""
    for day in filled.days:
        made = DayIndex(filled.logs, day, folder / STATE_FILE)
        while made.advance(20 * AT_ONCE):
            pass
        made.close()


def value(field: str, chance: random.Random, filled: Filled) -> object:
    """A value that somebody may look for: some are frequent, some rare."""
    number = chance.randrange(filled.deliveries)
    place = _place(chance)
    return {
        "domain": facts.domain_of(place % DOMAINS),
        "stream": f"room{number // PER_STREAM}",
        "event_type": chance.choice(TYPES),
        "url": _url(place),
        "destination": f"https://hooks{place % RECEIVERS}.bench.example:443",
        "state": chance.choice([DeliveryState.DELIVERED, DeliveryState.EXHAUSTED]),
        "status": chance.choice([200, 500, 503]),
        "error": chance.choice([ErrorClass.BAD_STATUS, ErrorClass.TIMEOUT]),
        "event_id": f"{number}-1",
    }[field]


def _day(
    day: dt.date, attempts: int, chance: random.Random, body: bytes
) -> Iterator[tuple[Delivery, list[Attempt]]]:
    start, made, number = start_ms(day), 0, day.toordinal() * 10_000_000
    first = number
    while made < attempts:
        at_ms = start + made * (DAY_MS - 3_600_000) // attempts
        tries = _tries(chance)
        place = _place(chance)
        delivery = Delivery(
            id=(at_ms << ID_LOW_BITS) | chance.getrandbits(ID_LOW_BITS - 1),
            event_id=f"{number}-1",
            account_id=facts.ACCOUNT,
            event_type=TYPES[number % len(TYPES)],
            domain=facts.domain_of(place % DOMAINS),
            app=facts.APP,
            stream=f"room{number // PER_STREAM}",
            template_id=1 + place % URLS,
            url=_url(place),
            body=body,
            lane=None,
            shard=0,
            state=DeliveryState.EXHAUSTED if tries == TRIES else DeliveryState.DELIVERED,
            attempts=tries,
            created_ms=at_ms,
            due_ms=at_ms,
            hold_until_ms=at_ms,
            expires_ms=at_ms + DAY_MS,
        )
        yield delivery, [_attempt(delivery, n, at_ms, chance) for n in range(1, tries + 1)]
        made += tries
        number += 1
    assert number - first < 10_000_000


def _tries(chance: random.Random) -> int:
    if not chance.randrange(EXHAUSTED_ONE_IN):
        return TRIES
    return 2 if not chance.randrange(FAILS_ONE_IN) else 1


def _place(chance: random.Random) -> int:
    """Small numbers come more often."""
    return int(DOMAINS * chance.random() ** 3)


def _url(place: int) -> str:
    return f"https://hooks{place % RECEIVERS}.bench.example/css/{place % URLS}"


def _attempt(delivery: Delivery, n: int, at_ms: int, chance: random.Random) -> Attempt:
    good = n == delivery.attempts and delivery.state is DeliveryState.DELIVERED
    status = 200 if good else chance.choice([500, 503, None])
    error = None if good else ErrorClass.TIMEOUT if status is None else ErrorClass.BAD_STATUS
    return Attempt(
        delivery_id=delivery.id,
        n=n,
        started_ms=at_ms + 60_000 * (n - 1),
        finished_ms=at_ms + 60_000 * (n - 1) + 12,
        t=at_ms // 1000 + 600,
        key_version=1,
        request_sha256=bytes(32),
        remote_addr="192.0.2.80",
        status=status,
        error=error,
        error_detail="" if good else "The answer was no success",
        answer_headers=[("Content-Type", "application/json"), ("Content-Length", "10")],
        answer_body=b'{"code":0}',
        timings=Timings(dns_ms=0.1, connect_ms=1.0, first_byte_ms=11.0, total_ms=12.0),
    )


def _row(delivery: Delivery) -> list[object]:
    row = list(msgspec.structs.astuple(delivery))
    row[Delivery.__struct_fields__.index("state")] = delivery.state.value
    reason = ExhaustReason.ATTEMPTS.value if delivery.state is DeliveryState.EXHAUSTED else None
    return [*row, reason, delivery.created_ms + 60_000 * (delivery.attempts - 1) + 12]
