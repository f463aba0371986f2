"""A session is one push, from its real start to its real end: a row, not an object in memory (design D9).

::

    opening --> live --> closed
       |        |  ^       ^
       |        v  |       |
       +-----> lost -------+
              (until close_due)

``opening``: accepted, its start not reported yet. ``live``: reported. ``lost``: the connection is gone and may come
back within the window. Event 1 belongs to every step out of ``opening``, event 0 to every step into ``closed``; each
step is compare-and-set on (state, epoch), in one commit with its events.
"""

import enum

import msgspec

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.core.streams import StreamKey

OWN_INGEST = "rtmp"
"""``Session.source`` of pushes to the own ingest; those of media servers bear their source's id."""

SILENT_AFTER_MS = 3000
"""A publisher without data for so long may be taken over by a reconnect."""


WINDOWED = frozenset(
    {
        reasons.CONNECTION_CLOSED,
        reasons.READ_FAILED,
        reasons.NO_DATA,
        reasons.SERVICE_ERROR,
        *(Reason(code) for code in range(12, 18)),
    }
)
"""Losses that a reconnect may heal, so that the reconnect window applies. Every other end is reported at once."""


class SessionState(enum.StrEnum):
    OPENING = "opening"
    LIVE = "live"
    LOST = "lost"
    CLOSED = "closed"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """``id`` is the ``sequence`` of its callbacks. Times are milliseconds since the UNIX epoch."""

    id: int
    account_id: int
    domain: str
    app: str
    stream: str
    stream_param: str
    user_ip: str
    node: str
    source: str  # OWN_INGEST, else the source's id
    state: SessionState
    owner: str | None  # node id that holds the connection; None while handed over
    epoch: int  # counts connections of this session
    started_ms: int
    last_data_ms: int
    bytes: int
    width: int
    height: int
    ended_ms: int | None = None  # when the push ended, once it is lost or closed
    errcode: int | None = None
    sub: int | None = None
    close_due_ms: int | None = None

    @property
    def key(self) -> StreamKey:
        return StreamKey(self.account_id, self.domain, self.app, self.stream)

    @property
    def reason(self) -> Reason:
        return Reason(self.errcode or 0, self.sub or 0)


class NodeIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What a node says of itself in the bodies of callbacks."""

    id: str  # owner of sessions
    ip: str
    set_id: int
    idc_id: int


class NewPush(msgspec.Struct, frozen=True, kw_only=True):
    """A publisher that wants in: what its connection told."""

    domain: str
    app: str
    stream: str
    stream_param: str
    user_ip: str


class Takeover(msgspec.Struct, frozen=True):
    """The new connection continues the old session: no callbacks, same sequence."""


class Replace(msgspec.Struct, frozen=True):
    """The old session ends for this reason at once, and a new one starts."""

    reason: Reason


def decide(old: Session, push: NewPush, now_ms: int) -> Takeover | Replace:
    """What a new publisher on an open stream means: the table of design D9.

    ``old`` is open (not closed), and its ``last_data_ms`` is as fresh as its owner knows.
    """
    same_url = push.stream_param == old.stream_param
    if old.state is SessionState.LOST:
        window_is_over = old.close_due_ms is not None and old.close_due_ms <= now_ms
        return Takeover() if same_url and not window_is_over else Replace(old.reason)
    if now_ms - old.last_data_ms < SILENT_AFTER_MS:
        return Replace(reasons.REPLACED)
    return Takeover() if same_url else Replace(reasons.REPLACED_SILENT)
