"""What time brings to the sessions: windows that are over, activity to be saved, what could not be done before."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from airhook.control.connections import Connections
from airhook.control.transitions import Transitions
from airhook.control.windows import Window, Windows
from airhook.core.clock import Clock
from airhook.core.errors import UnavailableError
from airhook.core.ports import Store, Tx
from airhook.core.sessions import SessionState

TOUCH_INTERVAL_S = 5.0  # how stale last_data_ms of a live session's row may be
RETRY_INTERVAL_S = 1.0  # between tries of a stop that could not be committed
CLOSES_AT_ONCE = 200  # lost sessions whose stops share commits
LONGEST_NAP_S = 1.0  # so that a jump of the wall clock delays no close for long

Chore = Callable[[], Awaitable[None]]

log = logging.getLogger("airhook.sessions")


class Upkeep:
    """Part of ``Sessions``; used on the event loop alone. ``before_closing`` is done first in every turn, in order."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        connections: Connections,
        windows: Windows,
        steps: Callable[[Tx], Transitions],
        before_closing: Sequence[Chore],
    ) -> None:
        self._store = store
        self._clock = clock
        self._connections = connections
        self._windows = windows
        self._steps = steps
        self._before_closing = before_closing
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """There is something to do before the nap is over."""
        self._wake.set()

    async def run(self) -> None:
        """Close what is due, save what live sessions have carried, retry what could not be committed. Never returns."""
        next_touch = self._clock.monotonic() + TOUCH_INTERVAL_S
        while True:
            await self._nap(next_touch)
            try:
                for chore in self._before_closing:
                    await chore()
                await self.close_due()
                if self._clock.monotonic() >= next_touch:
                    next_touch = self._clock.monotonic() + TOUCH_INTERVAL_S
                    await self.touch()
            except UnavailableError as error:
                log.warning("sessions wait for the database: %s", error)
                await asyncio.sleep(RETRY_INTERVAL_S)
            except Exception:
                # Windows must go on being kept, whatever a single session holds.
                log.exception("keeping the sessions failed; it goes on")
                await asyncio.sleep(RETRY_INTERVAL_S)

    async def _nap(self, next_touch: float) -> None:
        self._wake.clear()
        wait_s = min(LONGEST_NAP_S, next_touch - self._clock.monotonic(), self._windows.next_in())
        try:
            await asyncio.wait_for(self._wake.wait(), max(0.0, wait_s))
        except TimeoutError:
            return

    async def close_due(self) -> None:
        """Report the stop of every lost session whose window is over."""
        closes = [self._close_one(*item) for item in self._windows.over(CLOSES_AT_ONCE)]
        for error in await asyncio.gather(*closes, return_exceptions=True):
            if error is not None:
                raise error

    async def _close_one(self, session_id: int, window: Window) -> None:
        def work(tx: Tx) -> None:
            session = tx.session(session_id)
            # With another due time it came back, and was lost again.
            if session and session.state is SessionState.LOST and session.close_due_ms == window.close_due_ms:
                self._steps(tx).close(session, session.reason, session.ended_ms or session.last_data_ms)

        await self._store.transact(work)
        self._windows.shut(session_id, window)

    async def touch(self) -> None:
        """Save last data and bytes of this node's live sessions, in one statement."""
        seen = [
            (one.ticket.session_id, one.ticket.epoch, one.last_data_ms, one.bytes)
            for one in self._connections.all_heard()
        ]
        if seen:
            await self._store.transact(lambda tx: tx.touch_sessions(seen))
