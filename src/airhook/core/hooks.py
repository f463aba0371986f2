"""What is kept of hooks: each request with what was made of it, and which push of a media server is which session."""

import enum

import msgspec

from airhook.core.streams import StreamKey

MAX_REQUEST_BYTES = 8192  # of one request that are kept


class HookOutcome(enum.StrEnum):
    """What was made of a hook."""

    STARTED = "started"  # a session began, or went on
    STOPPED = "stopped"
    REFUSED = "refused"  # the answer refused the push
    CONTENDING = "contending"  # whether this push is the one that goes on shows soon
    RETRACTED = "retracted"  # the push never came to be: the server refused it
    ALIVE = "alive"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"  # of a push that is not on
    NOTED = "noted"  # it changes nothing
    MALFORMED = "malformed"


class HookRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a media server; of periodic ones the last, and how many there were."""

    session_id: int  # 0: of none
    id: int
    account_id: int
    source_id: str
    at_ms: int  # of the first
    last_ms: int
    count: int
    hook: str  # as the server calls it
    remote: str  # who called
    request: bytes  # method, target without the token, and body
    outcome: HookOutcome
    detail: str


class PushState(enum.StrEnum):
    CONTENDING = "contending"
    OPEN = "open"


class SourcePush(msgspec.Struct, frozen=True, kw_only=True):
    """A push that a media server has told of. ``client`` is the server's name for its connection."""

    source_id: str
    client: str
    state: PushState
    account_id: int
    domain: str
    app: str
    stream: str
    stream_param: str
    user_ip: str
    session_id: int  # 0 while it contends
    epoch: int
    hook_id: int  # that told of it
    began_ms: int

    @property
    def key(self) -> StreamKey:
        return StreamKey(self.account_id, self.domain, self.app, self.stream)
