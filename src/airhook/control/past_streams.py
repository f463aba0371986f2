"""Pushes that are over: the history of an account's streams (contract 3.3)."""

from msgspec.structs import replace

from airhook.control.base import Desk
from airhook.core.domains import normalize_domain
from airhook.core.errors import InvalidError
from airhook.core.history import REMEMBERED_MS, PastFilter, PastPage

MAX_SPAN_MS = 31 * 86_400_000
MAX_REACH = 10_000  # rows that paging reaches
SECOND_MS = 1000  # times are given in seconds, and the last one counts whole
AHEAD_MS = 60_000  # the caller's clock may be, of ours


async def find(
    desk: Desk, account_id: int | None, wanted: PastFilter, *, page: int, size: int, ascending: bool = False
) -> PastPage:
    """A page (from 1) of the pushes that ended in a time, the newest first unless ``ascending``.

    Raises ``InvalidError`` (field ``start_time``, ``end_time``, ``page_num``).
    """
    _check(wanted, desk.clock.now_ms())
    offset = (page - 1) * size
    if offset + size > MAX_REACH:
        raise InvalidError(
            "page_num", f"goes beyond the first {MAX_REACH} rows; narrow the time or the names", rule="range"
        )
    asked = replace(
        wanted,
        until_ms=wanted.until_ms + SECOND_MS - 1,
        domain=None if wanted.domain is None else normalize_domain(wanted.domain),
    )
    return await desk.store.read(
        lambda view: view.past_sessions(account_id, asked, ascending=ascending, offset=offset, limit=size)
    )


def _check(wanted: PastFilter, now_ms: int) -> None:
    if wanted.since_ms < now_ms - REMEMBERED_MS:
        days = REMEMBERED_MS // 86_400_000
        raise InvalidError(
            "start_time", f"is too long ago; pushes are remembered for {days} days", rule="range"
        )
    if wanted.until_ms > now_ms + AHEAD_MS:
        raise InvalidError("end_time", "must not lie in the future", rule="range")
    if not 0 < wanted.until_ms - wanted.since_ms <= MAX_SPAN_MS:
        days = MAX_SPAN_MS // 86_400_000
        raise InvalidError("end_time", f"must be after the start, by at most {days} days", rule="range")
