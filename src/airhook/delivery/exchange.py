"""What goes out in one request, and what comes back."""

import functools

import msgspec

from airhook.core.deliveries import ErrorClass, Timings
from airhook.core.delivery_options import DeliveryOptions
from airhook.delivery.targets import Target

KEEP_BODY = 4096  # bytes of an answer's body that are kept
KEEP_HEADERS = 100  # lines
KEEP_HEAD = 16_384  # bytes of these lines; twenty times as many are read, the log shall not bear them
READ_BODY_MAX = 65_536  # bytes of an answer's body that are read
READ_BODY_S = 2.0
READ_BODY_BUSY_S = 0.1  # in turns with more work than this:
BUSY_TURN_S = 0.02  # who sends without end is not read for long then
ENDED_AT_ONCE = 64  # requests: hundreds that time out together must not hold up the others
SELECT_MAX_S = 1.0  # a turn of the loop takes no longer, so that a jump of the wall clock is noticed
FINAL_FROM = 200
SUCCESS_BELOW = 300  # such an answer counts only once the whole request was sent
ANSWERED_UNREAD = "The receiver answered a success before it had taken the whole request"
SWITCHING = 101  # nobody asked for another protocol: no answer of HTTP comes after it


class Post(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request. ``addresses``: those of the target's host that are allowed, at least one."""

    target: Target
    body: bytes
    addresses: tuple[str, ...]
    timeout_ms: int
    headers: tuple[tuple[str, str], ...] = ()  # beside those of every callback
    options: DeliveryOptions | None = None  # of the template


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What came back: a status, or why there is none. ``timings.dns_ms`` is 0: the addresses were known."""

    status: int | None
    headers: list[tuple[str, str]]
    body: bytes
    remote_addr: str
    timings: Timings
    error: ErrorClass | None = None
    detail: str = ""


def is_final(status: int) -> bool:
    """Whether no other answer comes after it."""
    return status >= FINAL_FROM or status == SWITCHING


@functools.lru_cache(maxsize=256)  # nearly all of an answer's lines are those of the one before
def header(line: bytes) -> tuple[str, str]:
    """Name and value of a line of a head."""
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip(), value.strip()
