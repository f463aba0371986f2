"""An application that is made in a thread, beside what the event loop does: soon after the start, or when it is asked."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class Later:
    """Whoever asks before it is there waits for it. ``make`` runs on another thread: once, and again when it has failed,
    since what the system lacks now (such as open files, in a crowd) it may have later. What that raises is not always an
    ``OSError``: a library that cannot be opened is an ``ImportError``, and its importer may say anything.
    """

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._making: asyncio.Task[ASGIApp] | None = None
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app or await self.made()
        await app(scope, receive, send)

    async def made(self) -> ASGIApp:
        """Return once it is there. Raises what ``make`` raised."""
        if self._making is None or _failed(self._making):
            self._making = asyncio.create_task(asyncio.to_thread(self._make), name="making the faces")
        self._app = await asyncio.shield(self._making)  # a caller who leaves takes nothing from the others
        return self._app


def _failed(making: asyncio.Task[ASGIApp]) -> bool:
    return making.done() and not making.cancelled() and making.exception() is not None
