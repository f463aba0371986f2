"""Stops that nobody said goodbye for: what they were concluded from."""

import enum
from typing import Final

from airhook.core import reasons
from airhook.core.reasons import Reason


class Source(enum.StrEnum):
    """From what the end of a push was concluded."""

    CRASH = "crash"
    SILENCE = "silence"
    REPLACEMENT = "replacement"
    LOST_CONNECTION = "lost_connection"
    ORDER = "order"


_LOST: Final = (reasons.CONNECTION_CLOSED, reasons.READ_FAILED, *(Reason(code) for code in range(12, 18)))
SOURCES: Final[dict[Reason, Source]] = {
    reasons.SERVICE_ERROR: Source.CRASH,
    reasons.NO_DATA: Source.SILENCE,
    Reason(20): Source.SILENCE,
    reasons.REPLACED: Source.REPLACEMENT,
    reasons.REPLACED_SILENT: Source.REPLACEMENT,
    reasons.DROPPED: Source.ORDER,
    reasons.FORBIDDEN: Source.ORDER,
    **dict.fromkeys(_LOST, Source.LOST_CONNECTION),
}
DETAILS: Final = {
    Source.CRASH: "The server crashed or stopped while the push was live, and nobody came back within the reconnect window",
    Source.SILENCE: "No data came for a while",
    Source.REPLACEMENT: "Another connection took the stream",
    Source.LOST_CONNECTION: "The connection was lost, and nobody came back within the reconnect window",
    Source.ORDER: "An operator ended it",
}


def of_reason(reason: Reason) -> Source | None:
    """None: the publisher said so itself."""
    return SOURCES.get(reason)
