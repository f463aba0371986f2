"""Relay task (314) and stream monitoring (328): contract 2.10, 2.14. Neither is ever signed (C-11)."""

from typing import Any

from airhook.core.events import Event, EventType
from airhook.core.facts.task import RELAY_FIELDS, Monitor, Relay
from airhook.dialects.css.wire import INTERFACE, json_text, told


def relay(event: Event, facts: Relay) -> dict[str, Any]:
    message = {name: getattr(facts.msg, name) for name in RELAY_FIELDS[facts.callback_event]}
    return {
        **INTERFACE,
        "appid": facts.appid,
        "callback_event": facts.callback_event,
        "callback_url": facts.callback_url,
        "event_time": str(event.occurred_ms // 1000),  # seconds, as text
        "event_type": int(EventType.RELAY),
        "msg": json_text(told(**message)),
        "product_name": "pullpush",
        "source_urls": json_text(facts.source_urls) + "\n",
        "stream_id": event.stream,
        "task_id": facts.task_id,
        "to_url": facts.to_url,
    }


def monitor(event: Event, facts: Monitor) -> dict[str, Any]:
    return {
        **INTERFACE,
        "appid": facts.appid,
        "bizid": facts.bizid,
        "event_msg": facts.event_msg,
        "event_name": facts.event_name,
        "event_time": event.occurred_ms,
        "event_type": int(EventType.MONITOR),
        "stream_id": event.stream,
    }
