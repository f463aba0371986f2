"""Signed links to media: whoever holds one may read, until it expires; nothing else is asked (design 8).

::

    /media/<account>/<expiry>-<kind>-<signature>/<path>

The signature is a part of the path, not a query, so that the relative names in a playlist are covered by its link.
``kind`` is ``f`` for the one file, ``d`` for all files in its folder.
"""

import base64
import hashlib
import hmac
import re
from typing import Literal
from urllib.parse import quote

from airhook.core.clock import Clock
from airhook.media.store.base import Key, check_path

PREFIX = "/media"
WEEK_S = 7 * 86_400

_TOKEN = re.compile(r"([0-9]{1,12})-([fd])-([A-Za-z0-9_-]{43})", re.ASCII)


def link_key(master: bytes) -> bytes:
    """The key that signs links, derived from the master key (HKDF's first step would need no more: it is random)."""
    return hmac.digest(master, b"airhook media links 1", "sha256")


class Links:
    """``base_url``: how this server is reached, without a final slash."""

    def __init__(self, key: bytes, base_url: str, clock: Clock, lifetime_s: int = WEEK_S) -> None:
        self._key = key
        self._base_url = base_url
        self._clock = clock
        self._lifetime_s = lifetime_s

    def make(self, key: Key, *, folder: bool = False) -> str:
        expires_s = self._clock.now_ms() // 1000 + self._lifetime_s
        kind = "d" if folder else "f"
        token = f"{expires_s}-{kind}-{self._sign(key, kind, expires_s)}"
        return f"{self._base_url}{PREFIX}/{key.account_id}/{token}/{quote(key.path)}"

    def judge(self, key: Key, token: str) -> Literal["good", "expired", "bad"]:
        """Whether ``token`` opens ``key``. That it has expired is told only to whom it was given."""
        match = _TOKEN.fullmatch(token)
        if match is None:
            return "bad"
        try:
            check_path(key.path)
        except ValueError:
            return "bad"
        expires_s = int(match[1])
        if not hmac.compare_digest(self._sign(key, match[2], expires_s), match[3]):
            return "bad"
        return "good" if self._clock.now_ms() // 1000 < expires_s else "expired"

    def _sign(self, key: Key, kind: str, expires_s: int) -> str:
        scope = key.path if kind == "f" else key.path.rpartition("/")[0]
        told = f"{key.account_id}\n{kind}\n{expires_s}\n{scope}"  # a path has no line feed
        digest = hmac.new(self._key, told.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
