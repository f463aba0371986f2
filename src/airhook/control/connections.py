"""The live connections of this node: what they know better than the rows of their sessions."""

from typing import NamedTuple, Protocol

from msgspec.structs import replace

from airhook.core.push_ports import PushActivity, PushControl, PushTicket
from airhook.core.reasons import Reason
from airhook.core.sessions import Session
from airhook.core.streams import StreamKey


class PushWatcher(Protocol):
    """Who wants to know which pushes are connected. Called on the event loop: quick, and never raising."""

    def opened(self, session: Session) -> None: ...
    def closed(self, ticket: PushTicket) -> None: ...


class Heard(NamedTuple):
    """What is known of the connection behind ``ticket``, and of no other."""

    ticket: PushTicket
    last_data_ms: int
    bytes: int  # of the session, over all its connections
    width: int  # pixels; 0 when not known
    height: int

    def freshen(self, session: Session) -> Session:
        """The session's row with what its own connection knows better."""
        if self.ticket != PushTicket(session.id, session.epoch):
            return session
        return replace(
            session,
            last_data_ms=max(session.last_data_ms, self.last_data_ms),
            bytes=max(session.bytes, self.bytes),
            width=self.width or session.width,
            height=self.height or session.height,
        )


class _Connection:
    """``earlier_bytes`` came over earlier connections of the same session."""

    __slots__ = ("control", "earlier_bytes", "height", "key", "session", "width")

    def __init__(self, session: Session, control: PushControl) -> None:
        self.session = session  # as it was when this connection came
        self.key = session.key
        self.earlier_bytes = session.bytes
        self.control = control
        self.width, self.height = session.width, session.height


class Connections:
    """Used on the event loop alone; what a transaction needs of it is taken along as plain values."""

    def __init__(self) -> None:
        self._live: dict[PushTicket, _Connection] = {}
        self._newest: dict[StreamKey, PushTicket] = {}
        self._watchers: list[PushWatcher] = []

    def watched_by(self, watcher: PushWatcher) -> None:
        """Tell it of every connection that comes and goes; those that are on have come."""
        self._watchers.append(watcher)
        for connection in self._live.values():
            watcher.opened(connection.session)

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, ticket: PushTicket) -> bool:
        return ticket in self._live

    def add(self, ticket: PushTicket, session: Session, control: PushControl) -> None:
        self._live[ticket] = _Connection(session, control)
        self._newest[session.key] = ticket
        for watcher in self._watchers:
            watcher.opened(session)

    def resize(self, ticket: PushTicket, width: int, height: int) -> None:
        if connection := self._live.get(ticket):
            connection.width, connection.height = width, height

    def heard(self, ticket: PushTicket, activity: PushActivity) -> Heard:
        """What a connection that has just told its ``activity`` is known for."""
        connection = self._live[ticket]
        return Heard(
            ticket,
            activity.last_data_ms,
            connection.earlier_bytes + activity.bytes,
            connection.width,
            connection.height,
        )

    def last_heard(self, key: StreamKey) -> Heard | None:
        """Of the newest connection of a stream."""
        ticket = self._newest.get(key)
        connection = self._live.get(ticket) if ticket else None
        activity = connection.control.activity().get(ticket) if ticket and connection else None
        return self.heard(ticket, activity) if ticket and activity else None

    def all_heard(self) -> list[Heard]:
        """Of every connection; each source is asked once."""
        controls = {connection.control for connection in self._live.values()}
        told = {ticket: activity for control in controls for ticket, activity in control.activity().items()}
        return [self.heard(ticket, told[ticket]) for ticket in self._live if ticket in told]

    def tickets(self) -> list[PushTicket]:
        return list(self._live)

    def cut(self, ticket: PushTicket, reason: Reason) -> None:
        """Close a connection that another one displaced, if it is still there."""
        connection = self._live.get(ticket)
        if connection is not None:
            self.forget(ticket)
            connection.control.cut(ticket, reason)

    def forget(self, ticket: PushTicket) -> None:
        connection = self._live.pop(ticket, None)
        if connection is not None and self._newest.get(connection.key) == ticket:
            del self._newest[connection.key]
        for watcher in self._watchers if connection is not None else ():
            watcher.closed(ticket)
