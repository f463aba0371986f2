"""Delayed playback: kept for whoever plays the streams, since Airhook itself plays nothing (contract 3.3)."""

from msgspec.structs import replace

from airhook.control.base import Desk
from airhook.control.domains import require_push
from airhook.core.domains import normalize_domain
from airhook.core.errors import InvalidError
from airhook.core.ports import Tx
from airhook.core.stream_delays import MAX_DELAY_S, MAX_LIFE_MS, StreamDelay
from airhook.core.streams import StreamKey, check_name


async def add(desk: Desk, key: StreamKey, delay_s: int, *, expires_ms: int | None = None) -> StreamDelay:
    """Set the delay of a stream, for seven days at most and by default.

    Raises ``InvalidError`` (field ``domain``, ``app``, ``stream``, ``delay_time``, ``expire_time``).
    """
    now_ms = desk.clock.now_ms()
    if not 0 <= delay_s <= MAX_DELAY_S:
        raise InvalidError("delay_time", f"must be 0 to {MAX_DELAY_S} seconds", rule="range")
    expires = now_ms + MAX_LIFE_MS if expires_ms is None else expires_ms
    if not now_ms < expires <= now_ms + MAX_LIFE_MS:
        raise InvalidError("expire_time", "must lie in the future, at most 7 days ahead", rule="range")
    place = _place(key)
    delay = StreamDelay(**place._asdict(), delay_s=delay_s, created_ms=now_ms, expires_ms=expires)

    def work(tx: Tx) -> StreamDelay:
        require_push(tx.domain(place.domain), key.account_id, key.domain)
        tx.put_stream_delay(delay)
        return delay

    return await desk.commit(work)


async def resume(desk: Desk, key: StreamKey) -> bool:
    """Take the delay of a stream back. Whether there was one.

    Raises ``InvalidError`` (field ``domain``, ``app``, ``stream``).
    """
    now_ms = desk.clock.now_ms()
    place = _place(key)

    def work(tx: Tx) -> bool:
        require_push(tx.domain(place.domain), key.account_id, key.domain)
        delay = tx.stream_delay(place)
        if delay is None or delay.expires_ms <= now_ms:
            return False
        tx.put_stream_delay(replace(delay, expires_ms=now_ms))
        return True

    return await desk.commit(work)


async def list_all(desk: Desk, account_id: int) -> list[StreamDelay]:
    """The account's delays in force, in order of domain, app and name."""
    now_ms = desk.clock.now_ms()
    return await desk.store.read(lambda view: view.stream_delays(account_id, now_ms))


def _place(key: StreamKey) -> StreamKey:
    return StreamKey(
        key.account_id,
        normalize_domain(key.domain),
        check_name("app", key.app),
        check_name("stream", key.stream),
    )
