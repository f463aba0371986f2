"""A callback as one readable line."""

import time
from collections.abc import Mapping
from typing import Any

from airhook.core.events import EventType
from airhook.tools.listen.server import Callback
from airhook.tools.terminal import Paint, clean, duration, pad

_VERDICTS = {
    "ok": ("green", "signature ok"),
    "bad_signature": ("red", "signature bad: another key"),
    "expired": ("red", "signature bad: its time is over"),
    "missing": ("yellow", "signature none: the body has no t and sign"),
    "malformed": ("yellow", "signature none: the body is no JSON object"),
    "no_key": ("dim", "signature not checked: start with --key"),
}
_STYLES = {EventType.PUSH_STARTED: "green", EventType.PUSH_ENDED: "yellow"}
NAME_WIDTH = 14


def line(callback: Callback, paint: Paint) -> str:
    """When, what, which stream, and whether its signature is right."""
    body = callback.body if isinstance(callback.body, dict) else {}
    style, verdict = _VERDICTS[callback.reason]
    at = time.strftime("%H:%M:%S", time.localtime(callback.at))
    parts = [
        paint("dim", at),
        pad(_name(body, paint), NAME_WIDTH),
        paint("bold", _stream(body) or clean(callback.path)),
    ]
    return "  ".join([*parts, *_details(body), paint(style, verdict)])


def _name(body: Mapping[str, Any], paint: Paint) -> str:
    raw: Any = body.get("event_type")
    try:
        kind = EventType(raw)
    except ValueError:
        return "no event" if raw is None else f"event {clean(str(raw))}"
    name = kind.name.lower().replace("_", " ")
    return paint(_STYLES.get(kind, "cyan"), name)


def _stream(body: Mapping[str, Any]) -> str:
    """Domain, app and stream, whatever the event's family calls them (contract 1.4)."""
    names = (("domain", "app"), ("appname", "path"), ("stream_id", "streamId"))
    parts = [next((str(body[key]) for key in keys if body.get(key)), "") for keys in names]
    return clean("/".join(part for part in parts if part))


def _details(body: Mapping[str, Any]) -> list[str]:
    details = []
    if body.get("sequence"):
        details.append(f"sequence {clean(str(body['sequence']))}")
    if body.get("errcode"):
        details.append(f"errcode {clean(str(body['errcode']))}: {clean(str(body.get('errmsg', '')))}")
    elif "errmsg" in body:
        details.append(clean(str(body["errmsg"])))
    lasted = str(body.get("push_duration", ""))
    if lasted.isascii() and lasted.isdecimal():
        details.append(f"lasted {duration(int(lasted[:18]))}")
    return details
