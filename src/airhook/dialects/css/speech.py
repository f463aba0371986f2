"""Live subtitles (338) and smart erase (347): contract 2.11. Neither names domain or path."""

from typing import Any

from airhook.core.events import Event, EventType
from airhook.core.facts.speech import Erasure, LiveSubtitle, SmartErase
from airhook.dialects.css.wire import plain_list


def subtitle(event: Event, facts: LiveSubtitle) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "data": {"subtitle_tmp_res": plain_list(facts.subtitle_tmp_res)},
        "event_type": int(EventType.SUBTITLE),
    }


def erase(event: Event, facts: SmartErase) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "data": {"subtitle_tmp_res": [_erasure(one) for one in facts.subtitle_tmp_res]},
        "event_type": int(EventType.SMART_ERASE),
    }


def _erasure(one: Erasure) -> dict[str, Any]:
    [sentence] = plain_list([one])
    return {**sentence, "keywords_info": plain_list(one.keywords_info)}


def _common(event: Event, facts: LiveSubtitle | SmartErase) -> dict[str, Any]:
    return {
        "appid": facts.appid,
        "channel_id": event.stream,
        "stream_id": event.stream,
        "task_id": facts.task_id,
    }
