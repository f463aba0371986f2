"""What every kind of media server has an implementation of."""

from collections.abc import Sequence
from typing import ClassVar, Protocol

import msgspec

from airhook.core.reasons import Reason
from airhook.core.sources import Source
from airhook.sources.reports import Alive, HookAnswer, HookReport, HookRequest


class ApiCall(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the media server's own API."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()


class ServerState(msgspec.Struct, frozen=True, kw_only=True):
    """What a server's API tells. ``run`` changes when it starts anew; empty: it does not tell."""

    pushes: Sequence[Alive]
    run: str = ""


class UnreadableError(Exception):
    """An answer of the server's API that cannot be understood; the text says why."""


class Adapter(Protocol):
    """Pure: no input or output, and nothing is remembered."""

    silence_s: ClassVar[int]
    """A push without an update for so long has ended; 0: the server sends none."""
    unique_clients: ClassVar[bool]
    """A client's name is never used again, even after the server starts anew."""
    replaces: ClassVar[bool]
    """A new publisher of a stream takes the place of the old one; otherwise the server refuses it."""
    confirms: ClassVar[bool]
    """After the start that asks for leave the server tells that the push is really there."""

    def read(self, request: HookRequest) -> HookReport:
        """Raises ``MalformedHookError``."""
        ...

    def accept(self) -> HookAnswer: ...
    def refuse(self, reason: Reason) -> HookAnswer: ...
    def config(self, source: Source, base_url: str) -> str:
        """What is to be written into the server's own configuration, with a comment on top that says where."""
        ...

    def state_calls(self, source: Source) -> Sequence[ApiCall]:
        """Which requests tell what the server has on now; none without ``api_url``."""
        ...

    def read_state(self, answers: Sequence[bytes]) -> ServerState:
        """By the answers to ``state_calls``, in their order. Raises ``UnreadableError``."""
        ...

    def kick_calls(self, source: Source, client: str, push: "PushPlace") -> Sequence[ApiCall]:
        """Which requests end a push; none when the server cannot be told to."""
        ...


class PushPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a push is on its server."""

    vhost: str
    app: str
    stream: str
