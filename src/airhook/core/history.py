"""Pushes that are over: what may be asked about them, and how long they are remembered (contract 3.3, C-31)."""

import msgspec

from airhook.core.sessions import Session

REMEMBERED_MS = 62 * 86_400_000
"""Two months; older closed sessions are taken out of the database."""


class PastFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Pushes that ended from ``since_ms`` up to ``until_ms``, both included; what is None is not asked for."""

    since_ms: int
    until_ms: int
    domain: str | None = None
    app: str | None = None
    stream: str | None = None
    part_of_name: bool = False  # ``stream`` is any part of the name, not the whole of it
    with_data: bool = False  # only those that carried audio, video or metadata


class PastPage(msgspec.Struct, frozen=True, kw_only=True):
    sessions: list[Session]
    total: int  # that fit, over all pages
