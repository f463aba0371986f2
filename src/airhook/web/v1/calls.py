"""How many calls a second a key may make of ``/v1``."""

from starlette.exceptions import HTTPException

from airhook.control.frequency import WINDOW_S, Frequency
from airhook.core.accounts import BearerKey
from airhook.core.clock import Clock

UNLIMITED = 0


class CallLimit:
    """Counts the calls of each key. ``setting`` names what sets ``most``; 0: no limit."""

    def __init__(self, clock: Clock, most: int, setting: str) -> None:
        self._frequency = Frequency(clock)
        self._most = most
        self._setting = setting

    def allows(self, key: BearerKey) -> bool:
        """Count a call; False when it is one too many in its second."""
        return self._most == UNLIMITED or self._frequency.count(key.id) <= self._most

    def count(self, key: BearerKey) -> None:
        """Count a call. Raises ``HTTPException`` (429) when it is one too many in its second."""
        if self.allows(key):
            return
        raise HTTPException(
            429,
            f"key {key.name} may make {self._most} calls a second here; wait a second, or raise {self._setting}",
            {"Retry-After": f"{WINDOW_S:.0f}"},
        )
