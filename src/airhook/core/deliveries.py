"""A delivery is one event on its way to one URL: a small state machine (design D3).

::

    held --> pending --> delivered
              |   ^
              v   |
            waiting(due) --> exhausted(reason)
    held, pending, waiting --> cancelled

Only the head of a lane is ``pending`` or ``waiting``; followers are ``held`` until the commit that settles the
head. All times are milliseconds since the UNIX epoch, UTC.

Nothing here can be part of a cycle, so the garbage collector is kept from looking at it (``gc=False``): tens of thousands
are in hand, and each delivery makes a handful.
"""

import enum
import zlib

import msgspec

SHARDS = 256


class DeliveryState(enum.StrEnum):
    HELD = "held"
    PENDING = "pending"
    WAITING = "waiting"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"


UNSETTLED_STATES = frozenset({DeliveryState.HELD, DeliveryState.PENDING, DeliveryState.WAITING})


class ErrorClass(enum.StrEnum):
    """Why an attempt failed: a closed set of names, stable for searches and metrics."""

    BAD_STATUS = "bad_status"  # an answer, but not the one that means success
    ADDRESS_REFUSED = "address_refused"  # the target's address is not allowed (design D7)
    DNS_FAILED = "dns_failed"
    DNS_TIMEOUT = "dns_timeout"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_FAILED = "connect_failed"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS_FAILED = "tls_failed"  # handshake
    TLS_UNTRUSTED = "tls_untrusted"  # self-signed, unknown issuer, expired
    TLS_WRONG_HOST = "tls_wrong_host"
    SEND_FAILED = "send_failed"
    CONNECTION_RESET = "connection_reset"
    EMPTY_ANSWER = "empty_answer"  # closed without a status line
    ANSWER_INVALID = "answer_invalid"  # not HTTP
    TIMEOUT = "timeout"  # no complete answer head within the deadline
    URL_INVALID = "url_invalid"
    INTERNAL = "internal"  # a fault of ours; the log says more


class ExhaustReason(enum.StrEnum):
    ATTEMPTS = "attempts"  # the schedule's attempts are used up
    EXPIRED = "expired"  # older than max_age
    GONE = "gone"  # the receiver answered 410, and the template's profile obeys


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A planned delivery. ``body`` is the rendered event without ``t`` and ``sign``: compact JSON, keys sorted."""

    id: int
    event_id: str
    account_id: int
    event_type: int
    domain: str
    app: str
    stream: str
    template_id: int
    url: str
    body: bytes
    lane: str | None  # None: unordered
    shard: int
    state: DeliveryState
    attempts: int = 0  # made so far
    created_ms: int
    due_ms: int
    hold_until_ms: int  # a held one goes out then, whatever its lane's head does
    expires_ms: int
    repeat_of: int | None = None  # the delivery that this one sends again
    replay_id: int | None = None  # the replay that made it


class Timings(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Milliseconds since the attempt's start at which each step was over; None when it was not reached."""

    dns_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None
    total_ms: float


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One POST and what came back. ``n`` counts from 1."""

    delivery_id: int
    n: int
    started_ms: int
    finished_ms: int
    t: int | None  # UNIX seconds in the body; None without a key
    key_version: int | None  # of the template's key that signed
    request_sha256: (
        bytes  # of the exact body sent; then, if the template adds headers, of these too: 32 or 64 bytes
    )
    remote_addr: str  # "" when no connection was made
    status: int | None
    error: ErrorClass | None  # None means success
    error_detail: str  # one plain sentence; "" on success
    answer_headers: list[tuple[str, str]]
    answer_body: bytes  # the first 4 KiB
    timings: Timings


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an attempt means for its delivery: its next state, when it is due again, or why it ended."""

    delivery: Delivery
    attempt: Attempt | None  # None when it ended without one more attempt (expired)
    state: DeliveryState
    due_ms: int | None = None
    reason: ExhaustReason | None = None
    body: bytes | None = None  # takes the place of the delivery's: it keeps the first t of a frozen template


def lane_key(account_id: int, domain: str, app: str, stream: str) -> str:
    """Name of the lane of a stream. None of the parts can hold a slash (design 1)."""
    return f"{account_id}/{domain}/{app}/{stream}"


def shard_of(account_id: int, domain: str, app: str, stream: str) -> int:
    """The unit that a node owns: 0 to 255, the same on every machine and in every release."""
    return zlib.crc32(lane_key(account_id, domain, app, stream).encode()) % SHARDS
