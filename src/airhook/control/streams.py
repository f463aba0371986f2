"""Streams: which are on and what they carry, and operators' orders about them (contract 3.3).

An order is written down and counts within a second on every node; where this process has the push itself, it is over
when the call returns.
"""

import enum
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from airhook.control.base import Desk
from airhook.control.domains import require_push
from airhook.core.domains import normalize_domain
from airhook.core.errors import InvalidError
from airhook.core.ports import Tx, View
from airhook.core.push_ports import PushMeasure
from airhook.core.sessions import Session, SessionState
from airhook.core.stream_orders import DAY_MS, DEFAULT_BAN_MS, MAX_BAN_MS, MAX_REASON_BYTES, StreamOrder
from airhook.core.streams import StreamKey, check_name

CONNECTED = frozenset({SessionState.OPENING, SessionState.LIVE})


class StreamState(enum.StrEnum):
    """``active``: from the push's start to its end, reconnect windows included."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    FORBIDDEN = "forbid"


class StreamFilter(NamedTuple):
    """None: whatever it is."""

    domain: str | None = None
    app: str | None = None
    stream: str | None = None

    def takes(self, session: Session) -> bool:
        domain = None if self.domain is None else normalize_domain(self.domain)
        return (
            domain in (None, session.domain)
            and self.app in (None, session.app)
            and self.stream in (None, session.stream)
        )


EVERY_STREAM = StreamFilter()


class Push(NamedTuple):
    """A live push and what its connection carries; None when another process has the connection."""

    session: Session
    measure: PushMeasure | None


async def state(desk: Desk, account_id: int, domain: str, app: str, stream: str) -> StreamState:
    """What a stream is doing. Raises ``InvalidError`` (field ``domain``, ``app``, ``stream``)."""
    key = _key(account_id, domain, app, stream)
    now_ms = desk.clock.now_ms()

    def work(view: View) -> StreamState:
        require_push(view.domain(key.domain), account_id, domain)
        order = view.stream_order(key)
        if order is not None and order.forbidden_until_ms > now_ms:
            return StreamState.FORBIDDEN
        return StreamState.INACTIVE if view.open_session(key) is None else StreamState.ACTIVE

    return await desk.store.read(work)


async def require_domain(desk: Desk, account_id: int, domain: str) -> None:
    """Raises ``InvalidError`` (field ``domain``) unless it is one of the account's push domains."""
    name = normalize_domain(domain)
    await desk.store.read(lambda view: require_push(view.domain(name), account_id, domain))


async def online(desk: Desk, account_id: int | None, wanted: StreamFilter = EVERY_STREAM) -> list[Session]:
    """The account's streams that are on, in the order in which they began."""
    found = await desk.store.read(lambda view: view.live_sessions(account_id))
    return [session for session in found if wanted.takes(session)]


async def pushes(desk: Desk, account_id: int | None, wanted: StreamFilter = EVERY_STREAM) -> list[Push]:
    """The pushes whose connections are there now, with what they carry."""
    measures = desk.live.measures()
    found = await online(desk, account_id, wanted)
    return [Push(one, measures.get(one.id)) for one in found if one.state in CONNECTED]


async def bans(desk: Desk, account_id: int) -> Sequence[StreamOrder]:
    """The forbidden streams, in order of domain, app and name."""
    now_ms = desk.clock.now_ms()
    return await desk.store.read(lambda view: view.stream_bans(account_id, now_ms))


async def drop(desk: Desk, account_id: int, domain: str, app: str, stream: str) -> bool:
    """End the push that is on (errcode 21, sub 100); the publisher may push again. Whether there was one.

    Raises ``InvalidError`` (field ``domain``, ``app``, ``stream``).
    """

    def dropped(tx: Tx, old: StreamOrder) -> StreamOrder | None:
        session = tx.open_session(old.key)
        if session is None:
            return None
        return replace(old, dropped_session=session.id, dropped_epoch=session.epoch)

    return await _order(desk, _key(account_id, domain, app, stream), domain, dropped) is not None


async def forbid(
    desk: Desk,
    account_id: int,
    domain: str,
    app: str,
    stream: str,
    *,
    until_ms: int | None = None,
    reason: str = "",
) -> StreamOrder:
    """Let nobody push a stream until a time (seven days by default), and end the push that is on (errcode 21, sub 101).

    Raises ``InvalidError`` (field ``domain``, ``app``, ``stream``, ``resume_time``, ``reason``).
    """
    now_ms = desk.clock.now_ms()
    until = now_ms + DEFAULT_BAN_MS if until_ms is None else until_ms
    if not now_ms < until <= now_ms + MAX_BAN_MS:
        most = MAX_BAN_MS // DAY_MS
        raise InvalidError("resume_time", f"must lie in the future, at most {most} days ahead", rule="range")
    if len(reason.encode(errors="replace")) > MAX_REASON_BYTES:
        raise InvalidError("reason", f"must have at most {MAX_REASON_BYTES} bytes", rule="too_long")

    def forbidden(_: Tx, old: StreamOrder) -> StreamOrder:
        return replace(old, forbidden_until_ms=until, reason=reason)

    order = await _order(desk, _key(account_id, domain, app, stream), domain, forbidden)
    assert order is not None
    return order


async def resume(desk: Desk, account_id: int, domain: str, app: str, stream: str) -> bool:
    """Let a forbidden stream be pushed again. Whether it was forbidden.

    Raises ``InvalidError`` (field ``domain``, ``app``, ``stream``).
    """
    now_ms = desk.clock.now_ms()

    def resumed(_: Tx, old: StreamOrder) -> StreamOrder | None:
        forbidden = old.forbidden_until_ms > now_ms
        return replace(old, forbidden_until_ms=0, reason="") if forbidden else None

    return await _order(desk, _key(account_id, domain, app, stream), domain, resumed) is not None


async def _order(
    desk: Desk, key: StreamKey, domain: str, changed: Callable[[Tx, StreamOrder], StreamOrder | None]
) -> StreamOrder | None:
    now_ms = desk.clock.now_ms()

    def work(tx: Tx) -> StreamOrder | None:
        require_push(tx.domain(key.domain), key.account_id, domain)
        old = tx.stream_order(key) or StreamOrder(**key._asdict(), updated_ms=now_ms)
        new = changed(tx, old)
        if new is not None:
            new = replace(new, updated_ms=now_ms)
            tx.put_stream_order(new)
        return new

    order = await desk.change(work)
    await desk.live.obey()
    return order


def _key(account_id: int, domain: str, app: str, stream: str) -> StreamKey:
    return StreamKey(
        account_id, normalize_domain(domain), check_name("app", app), check_name("stream", stream)
    )
