"""What a hook reports, in one language for all media servers; and the request that it comes in."""

import msgspec

from airhook.core.reasons import Reason


class HookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a media server, as it came in. ``event`` is what its path has after the token."""

    method: str
    event: str
    query: str  # as it was sent
    body: bytes
    content_type: str = ""


class MalformedHookError(Exception):
    """A request that its server does not send; the text says what is wrong with it."""


class PushTold(msgspec.Struct, frozen=True, kw_only=True):
    """A push as its server tells of it. ``vhosts`` are push domains that it may mean, the best one first."""

    app: str
    stream: str
    stream_param: str = ""
    user_ip: str = ""
    vhosts: tuple[str, ...] = ()


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody publishes. ``announced``: the server has let the push in, so that the start may be told at once."""

    client: str
    push: PushTold
    announced: bool = False


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """A push goes on. What is None the server did not say.

    ``media_ms`` is the newest timestamp of the stream: while it stands still no data comes.
    """

    client: str
    push: PushTold
    media_ms: int | None = None
    bytes: int | None = None
    width: int = 0
    height: int = 0


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A push is over. ``duration_ms`` is how long it lasted by the server's own clock.

    A server that does not say which connection it was says ``push`` instead of ``client``.
    """

    client: str
    reason: Reason
    push: PushTold | None = None
    duration_ms: int | None = None
    bytes: int | None = None


class Disconnected(msgspec.Struct, frozen=True, kw_only=True):
    """A connection is gone; the end of a push that went with it is told by an ``Ended`` of its own, if that gets here."""

    client: str


class Restarted(msgspec.Struct, frozen=True, kw_only=True):
    """The server has just started: none of the pushes that it told of before is on."""


class ServerAlive(msgspec.Struct, frozen=True, kw_only=True):
    """The server is on, and so are the pushes that it told of."""


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing that changes a session, even if its client has one. ``periodic``: it comes again and again."""

    client: str = ""
    periodic: bool = False


Report = Started | Alive | Ended | Disconnected | Restarted | ServerAlive | Noted


class HookReport(msgspec.Struct, frozen=True, kw_only=True):
    """``hook`` is the server's own name for what happened."""

    hook: str
    report: Report

    @property
    def client(self) -> str:
        """The server's name for the connection; "" when it does not say one."""
        return "" if isinstance(self.report, Restarted | ServerAlive) else self.report.client


class HookAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the server is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
