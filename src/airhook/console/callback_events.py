"""In which order callback events stand in front of people: the five of the older console first (contract 5.1)."""

from airhook.console.words import N_
from airhook.core.events import EventType

FIRST = (
    EventType.PUSH_STARTED,
    EventType.PUSH_ENDED,
    EventType.RECORD_FILE,
    EventType.SCREENSHOT,
    EventType.IMAGE_AUDIT,
)

NEWER = (
    (
        N_("Standard events"),
        (
            EventType.RECORD_STATUS,
            EventType.QUALITY_CONTROL,
            EventType.EVALUATION_THRESHOLD,
            EventType.EVALUATION_AVERAGE,
            EventType.SMART_ERASE,
            EventType.SUBTITLE,
            EventType.SUMMARY,
            EventType.HIGHLIGHT,
            EventType.AUDIO_AUDIT,
        ),
    ),
    (N_("Error events"), (EventType.PUSH_EXCEPTION, EventType.RECORD_EXCEPTION)),
)

ALL = (*FIRST, *(kind for _, kinds in NEWER for kind in kinds))

URL_LABELS = {
    EventType.PUSH_STARTED: N_("Push callback URL"),
    EventType.PUSH_ENDED: N_("Interruption callback URL"),
    EventType.RECORD_FILE: N_("Recording callback URL"),
    EventType.SCREENSHOT: N_("Screenshot callback URL"),
    EventType.IMAGE_AUDIT: N_("Screenshot porn detection callback URL"),
}
"""As the console of CSS calls them; the others bear their event's name."""


def in_order(urls: dict[int, str]) -> list[tuple[int, str]]:
    """A template's URLs in this order."""
    return [(int(kind), urls[kind]) for kind in ALL if urls.get(kind)]
