"""The request of an attempt, made by a pure function: when it is sent, and again when somebody asks what was sent
(design D12).
"""

import hashlib

import msgspec

from airhook.core.delivery_options import DeliveryOptions
from airhook.delivery import signing

Headers = tuple[tuple[str, str], ...]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """``headers`` are those that the template adds to the ones of every callback."""

    body: bytes
    t: int | None  # None: unsigned
    headers: Headers = ()


def make(
    event_id: str, body: bytes, key: str, options: DeliveryOptions, *, t: int | None, started_ms: int
) -> Request:
    """Sign a planned ``body`` of a template with ``options`` for an attempt that starts at ``started_ms``.

    ``t`` is the one to sign; None: ten minutes from now.
    """
    if not key:
        signed = signing.SignedBody(signing.unsigned(body), None)
    else:
        signed = signing.sign(body, key, started_ms if t is None else (t - signing.LIFE_S) * 1000)
    headers = options.headers
    if secrets := options.webhook_secrets_at(started_ms):
        headers += signing.webhook_headers(event_id, started_ms, signed.body, secrets)
    return Request(body=signed.body, t=signed.t, headers=headers)


def digest(body: bytes, headers: Headers = ()) -> bytes:
    """What ``Attempt.request_sha256`` holds: SHA-256 of the body; then of the headers, when there are any."""
    of_body = hashlib.sha256(body).digest()
    return of_body + headers_digest(headers) if headers else of_body


def headers_digest(headers: Headers) -> bytes:
    return hashlib.sha256("".join(f"{name}: {value}\r\n" for name, value in headers).encode()).digest()
