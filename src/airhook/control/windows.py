"""The reconnect windows of lost sessions, as this node waits for them.

The rows hold when a window is over (wall clock); beside it runs the monotonic clock, and whichever is there first
closes the session, so that a jump of the wall clock holds nothing up.
"""

from typing import NamedTuple

from airhook.core.clock import Clock
from airhook.core.sessions import Session, SessionState


class Window(NamedTuple):
    close_due_ms: int  # as in the row
    until: float  # monotonic seconds


class Windows:
    """Used on the event loop alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[int, Window] = {}  # by session id

    def __len__(self) -> int:
        return len(self._open)

    def open(self, session: Session) -> None:
        """Wait for a lost session; any other is none of ours."""
        if session.state is not SessionState.LOST or session.close_due_ms is None:
            return
        left_ms = session.close_due_ms - self._clock.now_ms()
        if session.ended_ms is not None and session.ended_ms < session.close_due_ms:
            # The wall clock may have gone back since it was lost: it waits no longer for that.
            left_ms = min(left_ms, session.close_due_ms - session.ended_ms)
        self._open[session.id] = Window(session.close_due_ms, self._clock.monotonic() + left_ms / 1000)

    def open_for(self, session: Session, window_ms: int) -> None:
        """Wait for a session whose window begins now, whatever its row says of when it was lost."""
        if session.state is SessionState.LOST and session.close_due_ms is not None:
            self._open[session.id] = Window(session.close_due_ms, self._clock.monotonic() + window_ms / 1000)

    def shut(self, session_id: int, window: Window | None = None) -> None:
        """Wait no longer; with ``window`` only if it is still that one."""
        if window is None or self._open.get(session_id) == window:
            self._open.pop(session_id, None)

    def over(self, most: int) -> list[tuple[int, Window]]:
        """Session ids whose window is over, ``most`` of them."""
        now_ms, now = self._clock.now_ms(), self._clock.monotonic()
        found = [
            item for item in self._open.items() if item[1].close_due_ms <= now_ms or item[1].until <= now
        ]
        return found[:most]

    def next_in(self) -> float:
        """Seconds until the next one is over; infinite when there is none."""
        now_ms, now = self._clock.now_ms(), self._clock.monotonic()
        waits = (min((one.close_due_ms - now_ms) / 1000, one.until - now) for one in self._open.values())
        return min(waits, default=float("inf"))
