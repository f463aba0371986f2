"""Ends of connections that are to be committed, and what an earlier run of the process left open."""

from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from airhook.control.connections import Heard
from airhook.core import reasons
from airhook.core.ports import Tx
from airhook.core.push_ports import PushTicket
from airhook.core.reasons import Reason
from airhook.core.sessions import Session, SessionState

Along = Callable[[Tx, Session], None]
"""What a source writes in the commit in which its push becomes a session, or the next connection of one."""


class End(NamedTuple):
    """A connection's end, as its source reported it. ``along`` is written in the same commit, whenever that is."""

    heard: Heard
    reason: Reason
    ended_ms: int
    along: Callable[[Tx], None] | None = None


def current(tx: Tx, ticket: PushTicket) -> Session | None:
    """The session of a ticket, unless another connection has taken it over."""
    session = tx.session(ticket.session_id)
    return session if session is not None and session.epoch == ticket.epoch else None


def unheard(session: Session, now_ms: int) -> End:
    """The end of a connection that its source has let go already, so that only the row tells of it."""
    heard = Heard(
        PushTicket(session.id, session.epoch),
        session.last_data_ms,
        session.bytes,
        session.width,
        session.height,
    )
    return End(heard, reasons.SERVICE_ERROR, now_ms)


def sort_out(
    found: Sequence[Session], lasting: Container[PushTicket]
) -> tuple[list[Session], list[Session], list[Session]]:
    """What an earlier run left: lost ones, those whose connection is not ours and goes on, those that ended with us."""
    lost = [one for one in found if one.state is SessionState.LOST]
    connected = [one for one in found if one.state is not SessionState.LOST]
    on = [one for one in connected if PushTicket(one.id, one.epoch) in lasting]
    return lost, on, [one for one in connected if one not in on]
