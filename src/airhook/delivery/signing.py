"""``t`` and ``sign`` of a callback (contract 1.3), and the headers of Standard Webhooks: made anew for each attempt
(design D8).
"""

import base64
import functools
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import quote

import msgspec

from airhook.core.delivery_options import secret_bytes

LIFE_S = 600
"""A notification is good for ten minutes from the moment it is sent."""

_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder(order="sorted")


class SignedBody(msgspec.Struct, frozen=True, gc=False):
    """``t`` is None when there was no key, and then the body carries neither ``t`` nor ``sign``."""

    body: bytes
    t: int | None


def signature(key: str, t: int) -> str:
    """Lower-case hex MD5 of the key and the decimal text of ``t``, nothing between."""
    return hashlib.md5(f"{key}{t}".encode()).hexdigest()


def sign(body: bytes, key: str, now_ms: int) -> SignedBody:
    """Put ``t`` and ``sign`` into a JSON object, each in its sorted place; every other value stays as it is."""
    if not key:
        return SignedBody(body, None)
    t = now_ms // 1000 + LIFE_S
    fields = _decoder.decode(body)
    fields["t"], fields["sign"] = _values(key, t)
    return SignedBody(_encoder.encode(fields), t)


@functools.lru_cache(maxsize=1024)  # all attempts of a template within a second share them
def _values(key: str, t: int) -> tuple[msgspec.Raw, msgspec.Raw]:
    return msgspec.Raw(b"%d" % t), msgspec.Raw(b'"%s"' % signature(key, t).encode())


def first_t(body: bytes) -> int | None:
    """``t`` of a body that keeps the one of its first attempt (``SignMode.FROZEN``)."""
    t = _decoder.decode(body).get("t")
    return msgspec.json.decode(t, type=int) if t is not None else None


def unsigned(body: bytes) -> bytes:
    """The body without ``t`` and ``sign``: the key is gone since the first attempt."""
    fields = _decoder.decode(body)
    if "sign" not in fields:
        return body
    del fields["t"], fields["sign"]
    return _encoder.encode(fields)


def webhook_headers(
    event_id: str, started_ms: int, body: bytes, secrets: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` (Standard Webhooks 1.0.0).

    The id is the event's, so that every attempt and every replay shows the same; each secret adds a signature.
    """
    shown_id = quote(event_id, safe="!#$&'()*+,/:;=?@[]~")  # an id may be of any characters, a header may not
    timestamp = str(started_ms // 1000)
    signed = f"{shown_id}.{timestamp}.".encode() + body
    signatures = " ".join(_v1(secret, signed) for secret in secrets)
    return (
        ("webhook-id", shown_id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signatures),
    )


def _v1(secret: str, signed: bytes) -> str:
    key = secret_bytes("webhook_secret", secret)
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
