"""What goes out in one request, and what comes back."""

import msgspec

from airhook.core.deliveries import ErrorClass, Timings
from airhook.core.delivery_options import DeliveryOptions
from airhook.delivery.targets import Target


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
