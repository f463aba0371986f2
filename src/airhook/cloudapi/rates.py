"""How many calls a second a key may make of an action (contract 3.9)."""

from collections.abc import Mapping

from airhook.cloudapi.errors import RequestLimitExceeded
from airhook.control.frequency import Frequency
from airhook.core.clock import Clock

USUAL = 20  # where the documentation gives no number
DOCUMENTED: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "CreateLiveCallbackTemplate",
            "ModifyLiveCallbackTemplate",
            "DeleteLiveCallbackTemplate",
            "CreateLiveCallbackRule",
            "DeleteLiveCallbackRule",
            "AddDelayLiveStream",
        ),
        200,
    ),
    **dict.fromkeys(
        ("DescribeLiveCallbackTemplate", "DescribeLiveCallbackTemplates", "DescribeLiveCallbackRules"), 500
    ),
    **dict.fromkeys(("DropLiveStream", "ResumeLiveStream"), 100),
    "DescribeLiveStreamEventList": 300,
    "DescribeLiveDelayInfoList": 10,
}
UNLIMITED = 0


class Rates:
    """``usual`` and ``chosen`` (by action) are calls a second; 0: no limit."""

    def __init__(self, clock: Clock, usual: int = USUAL, chosen: Mapping[str, int] | None = None) -> None:
        self._usual = usual
        self._chosen = {**DOCUMENTED, **(chosen or {})}
        self._frequency = Frequency(clock)

    def count(self, secret_id: str, action: str) -> None:
        """Count a call. Raises ``RequestLimitExceeded`` when it is one too many in its second."""
        most = self._chosen.get(action, self._usual)
        if most == UNLIMITED:
            return
        calls = self._frequency.count((secret_id, action))
        if calls > most:
            raise RequestLimitExceeded(calls, most)
