"""For receivers of callbacks: is this one genuine and fresh?

This file stands alone: copy it into your receiver, or import it. It needs nothing but Python.

>>> import hashlib, json, time
>>> t = int(time.time()) + 600
>>> body = json.dumps({"event_type": 1, "t": t, "sign": hashlib.md5(f"mykey{t}".encode()).hexdigest()})
>>> verify(body, "mykey").ok
True
>>> verify(body, "another key")
Verdict(ok=False, reason='bad_signature')

The signature covers ``t`` alone, not the rest of the body (contract 1.3): serve the callback URL over https.
"""

import dataclasses
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

OK = "ok"
MALFORMED = "malformed"  # the body is no JSON object
MISSING = "missing"  # t or sign is absent, or of a wrong type
BAD_SIGNATURE = "bad_signature"
EXPIRED = "expired"  # genuine, but its time is over


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
    ``now`` is UNIX seconds (the current time by default). Never raises.
    """
    fields = body if isinstance(body, Mapping) else _parse(body)
    if fields is None:
        return Verdict(ok=False, reason=MALFORMED)
    t, sign = _seconds(fields.get("t")), fields.get("sign")
    if t is None or not isinstance(sign, str):
        return Verdict(ok=False, reason=MISSING)
    right = hashlib.md5(f"{key}{t}".encode()).hexdigest()
    if not hmac.compare_digest(right.encode(), sign.encode(errors="replace")):
        return Verdict(ok=False, reason=BAD_SIGNATURE)
    if t < (time.time() if now is None else now):
        return Verdict(ok=False, reason=EXPIRED)
    return Verdict(ok=True, reason=OK)


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
    return t if isinstance(t, int) and not isinstance(t, bool) else None
