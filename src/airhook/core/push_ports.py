"""What sources of streams and the sessions ask of each other.

Only plain values cross, so that an ingest can become a process of its own.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush


class PushTicket(msgspec.Struct, frozen=True):
    """An admitted connection: quote it in every later call about this push."""

    session_id: int
    epoch: int


class Refusal(msgspec.Struct, frozen=True):
    """The push is not let in, and why (errcode 18)."""

    reason: Reason


class PushActivity(msgspec.Struct, frozen=True, kw_only=True):
    """What a live connection has carried up to now."""

    last_data_ms: int  # wall clock of the last audio, video or metadata
    bytes: int  # received on this connection


class PushGate(Protocol):
    """The sessions, as a source of streams sees them. Each call returns after its commit."""

    async def admit(self, push: NewPush) -> PushTicket | Refusal:
        """Let a publisher in, or say why not. Raises ``UnavailableError`` when nothing can be committed."""
        ...

    async def announce(self, ticket: PushTicket, width: int, height: int) -> None:
        """The first video header came, or a second is over: the start may be reported now."""
        ...

    async def resize(self, ticket: PushTicket, width: int, height: int) -> None:
        """The video's size became known later, or changed."""
        ...

    async def end(self, ticket: PushTicket, reason: Reason, activity: PushActivity) -> None:
        """The connection is over. Does not raise when the commit fails: it is kept and tried again."""
        ...


class PushControl(Protocol):
    """A source of streams, as the sessions see it."""

    def activity(self) -> Mapping[PushTicket, PushActivity]:
        """Every live connection."""
        ...

    def cut(self, ticket: PushTicket, reason: Reason) -> None:
        """Close a connection, if it is still there. Its ``end`` is not reported: the caller has ended it already."""
        ...


class PushMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """What a live connection carries: measured over the last seconds, and what its metadata announced. 0: not known."""

    video_fps: int = 0
    video_bps: int = 0
    audio_fps: int = 0  # audio messages a second
    audio_bps: int = 0
    video_codec: str = ""  # such as H264; "" before the first video
    audio_codec: str = ""
    audio_sample_rate: int = 0  # Hz
    meta_video_bps: int = 0
    meta_audio_bps: int = 0
    meta_fps: int = 0


class PushMeter(Protocol):
    """A source of streams that knows what its connections carry."""

    def measures(self) -> Mapping[PushTicket, PushMeasure]: ...


class LiveStreams(Protocol):
    """The pushes that this process has itself, as the use cases see them."""

    async def obey(self) -> None:
        """Carry out the orders about streams that the configuration holds now. Raises ``UnavailableError``."""
        ...

    def measures(self) -> Mapping[int, PushMeasure]:
        """By session id."""
        ...
