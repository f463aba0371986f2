"""What deliveries sent: requests are made again by the function that made them, and checked (design D12)."""

import hashlib

import msgspec

from airhook.core.deliveries import Attempt, Delivery
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.templates import CallbackTemplate
from airhook.delivery import request, signing

BODY_HASH = 32  # bytes; what follows in ``request_sha256`` is the hash of the headers


class SentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The exact body of one attempt. ``t`` and ``sign`` are None when it went out unsigned.

    ``headers`` are those that the template added; None when they were others than it would add now.
    """

    body: bytes
    t: int | None
    sign: str | None
    headers: request.Headers | None = ()


def sent_request(
    template: CallbackTemplate | None, delivery: Delivery, attempt: Attempt
) -> SentRequest | None:
    """Make an attempt's request again.

    None when the key that signed is gone (changed or removed since), or when the result differs from what was sent.
    """
    key = _key(template, attempt)
    if key is None:
        return None
    options = (template.options if template else None) or DeliveryOptions()
    made = request.make(
        delivery.event_id, delivery.body, key, options, t=attempt.t, started_ms=attempt.started_ms
    )
    if hashlib.sha256(made.body).digest() != attempt.request_sha256[:BODY_HASH]:
        return None
    sign = signing.signature(key, attempt.t) if attempt.t is not None else None
    return SentRequest(body=made.body, t=attempt.t, sign=sign, headers=_headers(made, attempt))


def _key(template: CallbackTemplate | None, attempt: Attempt) -> str | None:
    """The key that signed; empty when none did, None when it is not known any more."""
    if attempt.t is None:
        return ""
    if template is None or attempt.key_version is None:
        return None
    if template.key_version == attempt.key_version:
        return template.callback_key
    if template.options and template.key_version == attempt.key_version + 1:
        return template.options.previous_key or None
    return None


def _headers(made: request.Request, attempt: Attempt) -> request.Headers | None:
    sent = attempt.request_sha256[BODY_HASH:]
    if not sent:
        return ()
    return made.headers if request.headers_digest(made.headers) == sent else None
