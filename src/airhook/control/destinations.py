"""Destinations: how they are doing, and operators' orders to pause them or to limit their rate (design D5)."""

from collections.abc import Callable

from msgspec.structs import replace

from airhook.control.base import Desk
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState
from airhook.core.errors import InvalidError
from airhook.core.ports import Tx
from airhook.delivery.targets import parse

MIN_RATE, MAX_RATE = 0.01, 100_000  # requests a second


async def list_all(desk: Desk, account_id: int) -> list[DestinationRow]:
    """The account's destinations, as far as any was called or ordered about."""
    return list(await desk.store.transact(lambda tx: tx.destinations(account_id)))


async def pause(desk: Desk, account_id: int, url: str) -> DestinationRow:
    """Send nothing to the URL's scheme, host and port until ``resume``; what waits spends no attempts.

    Raises ``InvalidError`` (field ``url``).
    """
    return await _order(desk, account_id, url, lambda old: replace(old, paused=True))


async def resume(desk: Desk, account_id: int, url: str) -> DestinationRow:
    """Take a pause back. Raises ``InvalidError`` (field ``url``)."""
    return await _order(desk, account_id, url, lambda old: replace(old, paused=False))


async def limit(desk: Desk, account_id: int, url: str, rate: float | None) -> DestinationRow:
    """Send at most ``rate`` requests a second; None: as many as the destination takes.

    Raises ``InvalidError`` (field ``url``, ``rate_limit``).
    """
    if rate is not None and not MIN_RATE <= rate <= MAX_RATE:
        raise InvalidError(
            "rate_limit", f"must be {MIN_RATE:g} to {MAX_RATE:,} requests a second", rule="range"
        )
    return await _order(desk, account_id, url, lambda old: replace(old, rate_limit=rate))


def key_of(account_id: int, url: str) -> DestinationKey:
    """The destination of a callback URL; a path does not matter. Raises ``InvalidError`` (field ``url``)."""
    try:
        target = parse(url)
    except (ValueError, UnicodeError) as error:
        raise InvalidError("url", str(error), rule="format") from None
    return DestinationKey(account_id, target.scheme, target.host, target.port)


async def _order(
    desk: Desk, account_id: int, url: str, changed: Callable[[DestinationRow], DestinationRow]
) -> DestinationRow:
    key = key_of(account_id, url)
    now_ms = desk.clock.now_ms()

    def work(tx: Tx) -> DestinationRow:
        unknown = DestinationRow(**key._asdict(), state=HealthState.HEALTHY, since_ms=now_ms)
        old = tx.destination(key) or unknown
        new = _with_state(old, changed(old), now_ms)
        tx.put_destination(new)
        return new

    return await desk.change(work)


def _with_state(old: DestinationRow, new: DestinationRow, now_ms: int) -> DestinationRow:
    """The engine says it too, a moment later; nobody may read meanwhile what is not so, nor when no engine runs."""
    if new.paused == old.paused:
        return new
    return replace(new, state=HealthState.PAUSED if new.paused else HealthState.HEALTHY, since_ms=now_ms)
