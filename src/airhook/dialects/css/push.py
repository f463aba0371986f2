"""Push started (1) and interrupted (0): contract 2.1, from 267/38081 and 267/47025."""

from typing import Any

from airhook.core.events import Event, EventType, PushEnded, PushStarted
from airhook.core.reasons import Reason


def started(event: Event, facts: PushStarted) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "event_type": int(EventType.PUSH_STARTED),
        "errcode": 0,
        "errmsg": "ok",
    }


def ended(event: Event, facts: PushEnded) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "event_type": int(EventType.PUSH_ENDED),
        "errcode": facts.errcode,
        "errmsg": Reason(facts.errcode, facts.sub).text,
        "push_duration": str(facts.duration_ms),  # milliseconds, as text
    }


def _common(event: Event, facts: PushStarted | PushEnded) -> dict[str, Any]:
    return {
        "app": facts.domain,  # the wire's "app" is the push domain, its "appname" the path
        "appid": facts.appid,
        "appname": facts.app,
        "channel_id": facts.stream,
        "event_time": event.occurred_ms // 1000,
        "height": facts.height,
        "idc_id": facts.idc_id,
        "node": facts.node,
        "sequence": str(facts.sequence),
        "set_id": facts.set_id,
        "stream_id": facts.stream,
        "stream_param": facts.stream_param,
        "user_ip": facts.user_ip,
        "width": facts.width,
    }
