"""What operators order about single streams: drop the push that is on, or let nobody push for a while (contract 3.3)."""

import msgspec

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.core.sessions import Session
from airhook.core.streams import StreamKey

DAY_MS = 86_400_000
DEFAULT_BAN_MS = 7 * DAY_MS
MAX_BAN_MS = 90 * DAY_MS
MAX_REASON_BYTES = 2048
OBEYED_WITHIN_MS = 60_000
"""Every node has heard of an order by then; one that says nothing any more may be forgotten."""


class StreamOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The orders about one stream. ``version`` is the configuration's version of the last one."""

    account_id: int
    domain: str
    app: str
    stream: str
    forbidden_until_ms: int = 0  # 0: anybody may push who may push to the domain
    reason: str = ""  # why it is forbidden, in the operator's words
    dropped_session: int | None = None  # the session that is to end, and
    dropped_epoch: int | None = None  # by which of its connections it was on
    updated_ms: int
    version: int = 0

    @property
    def key(self) -> StreamKey:
        return StreamKey(self.account_id, self.domain, self.app, self.stream)

    def is_over(self, now_ms: int) -> bool:
        """Whether nobody needs to know of it any more."""
        return max(self.forbidden_until_ms, self.updated_ms + OBEYED_WITHIN_MS) < now_ms

    def ends(self, session: Session, now_ms: int) -> Reason | None:
        """Why an open session of the stream must end; None when it may go on."""
        if self.forbidden_until_ms > now_ms:
            return reasons.FORBIDDEN
        if (session.id, session.epoch) == (self.dropped_session, self.dropped_epoch):
            return reasons.DROPPED
        return None
