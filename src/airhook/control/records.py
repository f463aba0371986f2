"""What deliveries sent: requests are made again by the function that made them, and checked (design D12)."""

import hashlib

import msgspec

from airhook.core.deliveries import Attempt, Delivery
from airhook.core.templates import CallbackTemplate
from airhook.delivery import signing


class SentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The exact body of one attempt. ``t`` and ``sign`` are None when it went out unsigned."""

    body: bytes
    t: int | None
    sign: str | None


def sent_request(
    template: CallbackTemplate | None, delivery: Delivery, attempt: Attempt
) -> SentRequest | None:
    """Make an attempt's request again.

    None when the key that signed is gone (changed or removed since), or when the result differs from what was sent.
    """
    made = _make(template, delivery, attempt)
    if made is None or hashlib.sha256(made.body).digest() != attempt.request_sha256:
        return None
    return made


def _make(template: CallbackTemplate | None, delivery: Delivery, attempt: Attempt) -> SentRequest | None:
    if attempt.t is None:
        return SentRequest(body=delivery.body, t=None, sign=None)
    if template is None or template.key_version != attempt.key_version:
        return None
    signed = signing.sign(delivery.body, template.callback_key, (attempt.t - signing.LIFE_S) * 1000)
    return SentRequest(
        body=signed.body, t=attempt.t, sign=signing.signature(template.callback_key, attempt.t)
    )
