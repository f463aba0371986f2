"""For receivers of callbacks: is this one genuine and fresh?

This file stands alone: copy it into your receiver, or import it. It needs nothing but Python.

>>> import hashlib, json, time
>>> t = int(time.time()) + 600
>>> body = json.dumps({"event_type": 1, "t": t, "sign": hashlib.md5(f"mykey{t}".encode()).hexdigest()})
>>> verify(body, "mykey").ok
True
>>> verify(body, "another key")
Verdict(ok=False, reason='bad_signature')

That signature covers ``t`` alone, not the rest of the body (contract 1.3): serve the callback URL over https. A template
with a webhook secret also sends the headers of Standard Webhooks, whose signature covers the whole body:

>>> import base64
>>> secret = "whsec_" + base64.b64encode(bytes(24)).decode()
>>> at = str(int(time.time()))
>>> mac = hmac.new(bytes(24), f"event-1.{at}.{body}".encode(), "sha256").digest()
>>> headers = {"webhook-id": "event-1", "webhook-timestamp": at, "webhook-signature": "v1," + base64.b64encode(mac).decode()}
>>> verify_webhook(headers, body, secret).ok
True
>>> verify_webhook(headers, body + " ", secret)
Verdict(ok=False, reason='bad_signature')
"""

import base64
import binascii
import dataclasses
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

OK = "ok"
MALFORMED = "malformed"  # the body is no JSON object, or a header is no number
MISSING = "missing"  # t or sign, or a header, is absent or of a wrong type
BAD_SIGNATURE = "bad_signature"
EXPIRED = "expired"  # genuine, but its time is over
EARLY = "early"  # genuine, but of the future: one of the two clocks is wrong

TOLERANCE_S = 300  # between the sender's clock and yours, and for the way


@dataclasses.dataclass(frozen=True)
class Verdict:
    """``reason`` is one of the constants above. A verdict is true when the callback is good."""

    ok: bool
    reason: str

    def __bool__(self) -> bool:
        return self.ok


def verify(body: bytes | str | Mapping[str, Any], key: str, now: float | None = None) -> Verdict:
    """Judge a callback by its ``t`` and ``sign``.

    ``body`` is the request's body, or the object it decodes to; ``key`` is the callback key of the template;
    ``now`` is UNIX seconds (the current time by default). With an empty key nothing is genuine: anybody could sign so.
    Never raises.
    """
    fields = body if isinstance(body, Mapping) else _parse(body)
    if fields is None:
        return Verdict(ok=False, reason=MALFORMED)
    t, sign = _seconds(fields.get("t")), fields.get("sign")
    if t is None or not isinstance(sign, str):
        return Verdict(ok=False, reason=MISSING)
    right = hashlib.md5(f"{key}{t}".encode()).hexdigest()
    if not key or not hmac.compare_digest(right.encode(), sign.encode(errors="replace")):
        return Verdict(ok=False, reason=BAD_SIGNATURE)
    if t < (time.time() if now is None else now):
        return Verdict(ok=False, reason=EXPIRED)
    return Verdict(ok=True, reason=OK)


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes | str,
    secrets: str | Iterable[str],
    now: float | None = None,
    tolerance_s: float = TOLERANCE_S,
) -> Verdict:
    """Judge a callback by its Standard Webhooks headers.

    ``headers`` are the request's, with names in any case; ``body`` is exactly what came in, before any parsing;
    ``secrets`` are the template's secret, or several of them while it is changed ("whsec_" and base64). Remember the
    ``webhook-id`` of what you have handled: a repeat has the same. Raises ``ValueError`` when a secret is none.
    """
    keys = [_key(one) for one in ([secrets] if isinstance(secrets, str) else secrets)]
    given = {name.lower(): value for name, value in headers.items()}
    try:
        event_id, timestamp, signatures = (
            given[f"webhook-{name}"] for name in ("id", "timestamp", "signature")
        )
    except KeyError:
        return Verdict(ok=False, reason=MISSING)
    at = _seconds(timestamp)
    if at is None:
        return Verdict(ok=False, reason=MALFORMED)
    content = body.encode() if isinstance(body, str) else bytes(body)
    signed = f"{event_id}.{timestamp}.".encode(errors="replace") + content
    if not _any_matches(signatures, [hmac.digest(key, signed, "sha256") for key in keys]):
        return Verdict(ok=False, reason=BAD_SIGNATURE)
    late_s = (time.time() if now is None else now) - at
    if abs(late_s) > tolerance_s:
        return Verdict(ok=False, reason=EXPIRED if late_s > 0 else EARLY)
    return Verdict(ok=True, reason=OK)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError('a webhook secret is "whsec_" and base64')
    return key


def _any_matches(signatures: str, right: list[bytes]) -> bool:
    """Whether one of the signatures, separated by spaces, is right; unknown versions are passed over."""
    found = False
    for version, _, text in (one.partition(",") for one in signatures.split(" ")):
        try:
            given = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            continue
        for mac in right:
            found |= version == "v1" and hmac.compare_digest(mac, given)
    return found


def _parse(body: bytes | str) -> Mapping[str, Any] | None:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _seconds(t: object) -> int | None:
    """``t`` is a number; documents before 2021 show it as text."""
    if isinstance(t, str) and t.isascii() and t.isdecimal() and len(t) <= 19:
        return int(t)
    # Python turns no number of thousands of digits into text.
    return t if isinstance(t, int) and not isinstance(t, bool) and abs(t) < 10**19 else None
