"""What deliveries sent: requests are made again by the function that made them, and checked (design D12)."""

import enum
import hashlib

import msgspec

from airhook import verify
from airhook.core.deliveries import Attempt, Delivery
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.templates import CallbackTemplate
from airhook.delivery import request, signing

BODY_HASH = 32  # bytes; what follows in ``request_sha256`` is the hash of the headers


class LostReason(enum.StrEnum):
    """Why a request cannot be made again."""

    TEMPLATE_GONE = "template_gone"
    KEY_CHANGED = "key_changed"
    DIFFERS = "differs"


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """``detail`` is one plain sentence."""

    reason: LostReason
    detail: str


class SentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The exact request of one attempt. ``t`` and ``sign`` are None when it went out unsigned.

    ``headers`` are those that the template added; None when they were others than it would add now. ``signature`` and
    ``webhook_signature`` say what a receiver's check (``airhook.verify``) found at that moment: "ok", "expired" (a
    ``t`` that stays as it was at the first attempt), or None without such a signature.
    """

    body: bytes
    t: int | None
    sign: str | None
    headers: request.Headers | None = ()
    signature: str | None = None
    webhook_signature: str | None = None

    def head(self, url: str) -> request.Head:
        """What went before the body, to ``url``; with the template's headers as far as they are known."""
        return request.head(url, self.headers or (), len(self.body))


def sent_request(
    template: CallbackTemplate | None, delivery: Delivery, attempt: Attempt
) -> SentRequest | Lost:
    """Make an attempt's request again. ``Lost`` when what signed it is gone, or another request comes out."""
    key = _key(template, attempt)
    if isinstance(key, Lost):
        return key
    options = (template.options if template else None) or DeliveryOptions()
    made = request.make(
        delivery.event_id, delivery.body, key, options, t=attempt.t, started_ms=attempt.started_ms
    )
    if hashlib.sha256(made.body).digest() != attempt.request_sha256[:BODY_HASH]:
        return Lost(
            reason=LostReason.DIFFERS,
            detail="The request that is made again differs from the hash of the one that was sent.",
        )
    headers = _headers(made, attempt)
    now = attempt.started_ms / 1000
    return SentRequest(
        body=made.body,
        t=attempt.t,
        sign=None if attempt.t is None else signing.signature(key, attempt.t),
        headers=headers,
        signature=None if attempt.t is None else verify.verify(made.body, key, now).reason,
        webhook_signature=_webhook_verdict(made.body, headers or (), options, attempt.started_ms),
    )


def _key(template: CallbackTemplate | None, attempt: Attempt) -> str | Lost:
    """The key that signed; empty when none did."""
    if attempt.t is None:
        return ""
    if template is None or attempt.key_version is None:
        return Lost(
            reason=LostReason.TEMPLATE_GONE,
            detail="The callback template is deleted, and the key that signed with it.",
        )
    if template.key_version == attempt.key_version:
        return template.callback_key
    previous = template.options.previous_key if template.options else ""
    if template.key_version == attempt.key_version + 1 and previous:
        return previous
    changes = template.key_version - attempt.key_version
    times = "once" if changes == 1 else f"{changes} times"
    return Lost(
        reason=LostReason.KEY_CHANGED,
        detail=f"The key that signed (version {attempt.key_version}) is not kept: it was changed {times} since.",
    )


def _headers(made: request.Request, attempt: Attempt) -> request.Headers | None:
    sent = attempt.request_sha256[BODY_HASH:]
    if not sent:
        return ()
    return made.headers if request.headers_digest(made.headers) == sent else None


def _webhook_verdict(
    body: bytes, headers: request.Headers, options: DeliveryOptions, started_ms: int
) -> str | None:
    given = dict(headers)
    secrets = options.webhook_secrets_at(started_ms)
    if "webhook-signature" not in given or not secrets:
        return None
    return verify.verify_webhook(given, body, secrets, started_ms / 1000).reason
