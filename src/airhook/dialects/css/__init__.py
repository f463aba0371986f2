"""Bodies as Tencent Cloud CSS sends them (contract 2), without ``t`` and ``sign``."""

from collections.abc import Callable
from typing import Any

from airhook.core.events import Event, PushEnded, PushStarted
from airhook.dialects.css import push

_RENDERERS: dict[type, Callable[[Event, Any], dict[str, Any]]] = {
    PushStarted: push.started,
    PushEnded: push.ended,
}


def render(event: Event) -> dict[str, Any]:
    """The body of ``event``: its fields by name, of JSON types. The order of keys is the sender's business."""
    return _RENDERERS[type(event.facts)](event, event.facts)
