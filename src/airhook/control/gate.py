"""The sessions as one source of streams sees them."""

from typing import TYPE_CHECKING

from airhook.core.push_ports import PushControl, PushTicket, Refusal
from airhook.core.sessions import NewPush

if TYPE_CHECKING:
    from airhook.control.sessions import Sessions


class Gate:
    """``PushGate`` for one source: the sessions, with who asks."""

    def __init__(self, sessions: "Sessions", source: str) -> None:
        self._sessions = sessions
        self._source = source
        self._control: PushControl | None = None
        self.announce = sessions.announce
        self.resize = sessions.resize
        self.end = sessions.end

    def attach(self, control: PushControl) -> None:
        """Say which source this is: whose connections the sessions may ask and cut."""
        self._control = control

    async def admit(self, push: NewPush) -> PushTicket | Refusal:
        assert self._control is not None, "attach a source first"
        return await self._sessions.admit(push, self._control, self._source)
