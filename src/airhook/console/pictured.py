"""The picture or recording that a callback tells of, for those who look at the callback."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from airhook.core.deliveries import Delivery
from airhook.core.events import EventType

OURS = "/media/"  # signed links, on the port that the console is on
_FIELDS = {
    EventType.SCREENSHOT: "pic_full_url",
    EventType.IMAGE_AUDIT: "img",
    EventType.RECORD_FILE: "video_url",
}

FILE_TYPES = tuple(_FIELDS)


class Pictured(msgspec.Struct, frozen=True):
    """``src`` is where a page of the console may load a picture from; None for recordings, and for other hosts."""

    url: str
    src: str | None


def pictured(delivery: Delivery) -> Pictured | None:
    """None: it tells of no file."""
    field = _FIELDS.get(EventType(delivery.event_type))
    if field is None:
        return None
    try:
        url = msgspec.json.decode(delivery.body).get(field)
        parts = urlsplit(url) if isinstance(url, str) else None
    except (msgspec.DecodeError, AttributeError, ValueError):
        return None
    if parts is None or parts.scheme not in ("http", "https"):
        return None
    ours = parts.path.startswith(OURS) and delivery.event_type != EventType.RECORD_FILE
    return Pictured(parts.geturl(), parts.path if ours else None)


class Files(msgspec.Struct, frozen=True):
    """What several callbacks tell of, each file once, in their order."""

    pictures: list[Pictured]
    recordings: list[Pictured]


def pictured_all(deliveries: Iterable[Delivery]) -> Files:
    files = Files([], [])
    seen = set()
    for delivery in deliveries:
        file = pictured(delivery)
        if file is None or file.url in seen:
            continue
        seen.add(file.url)
        is_recording = delivery.event_type == EventType.RECORD_FILE
        (files.recordings if is_recording else files.pictures).append(file)
    return files
