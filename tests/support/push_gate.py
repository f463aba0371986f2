"""The sessions as a source of streams sees them: a gate that records every call and answers as it is told."""

import asyncio
from collections.abc import Callable
from typing import Any

from airhook.core.push_ports import PushActivity, PushTicket, Refusal
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush

PATIENCE_S = 30.0

FIRST, SECOND = PushTicket(1, 1), PushTicket(2, 1)  # as the gate gives them out

Call = tuple[Any, ...]


class RecordingGate:
    """``calls`` holds (name, arguments…) in order. Set ``answer`` to refuse.

    While ``open`` is clear publishers wait for their answer, while ``committing`` is clear ends wait for theirs.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: Refusal | Exception | None = None
        self.failures: list[Exception] = []  # raised by the next reports, oldest first
        self.open = asyncio.Event()
        self.open.set()
        self.committing = asyncio.Event()
        self.committing.set()
        self.on_admit: Callable[[PushTicket], None] = lambda _ticket: None
        self._changed = asyncio.Condition()

    async def admit(self, push: NewPush) -> PushTicket | Refusal:
        await self._record("admit", push)
        await self.open.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        ticket = PushTicket(self.count("admit"), 1)
        self.on_admit(ticket)
        return ticket

    async def announce(self, ticket: PushTicket, width: int, height: int) -> None:
        self._fail_if_told()
        await self._record("announce", ticket, width, height)

    async def resize(self, ticket: PushTicket, width: int, height: int) -> None:
        self._fail_if_told()
        await self._record("resize", ticket, width, height)

    async def end(self, ticket: PushTicket, reason: Reason, activity: PushActivity) -> None:
        await self._record("ending", ticket)
        await self.committing.wait()
        await self._record("end", ticket, reason, activity)

    def names(self) -> list[str]:
        """The calls by name; an end counts once it is committed."""
        return [call[0] for call in self.calls if call[0] != "ending"]

    def count(self, name: str) -> int:
        return len(self.all(name))

    def all(self, name: str) -> list[Call]:
        """The arguments of every call of ``name``."""
        return [call[1:] for call in self.calls if call[0] == name]

    async def wait(self, name: str, count: int = 1) -> Call:
        """Wait for the ``count``-th call of ``name``; gives its arguments."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: self.count(name) >= count)
        return self.all(name)[count - 1]

    async def reason(self) -> Reason:
        """Why the first push ended."""
        reason: Reason = (await self.wait("end"))[1]
        return reason

    def _fail_if_told(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    async def _record(self, *call: Any) -> None:
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
