"""Live summary (348) and smart highlight (349): contract 2.13."""

from typing import Any

from airhook.core.events import Event, EventType
from airhook.core.facts.digest import Highlight, Summary
from airhook.dialects.css.wire import plain_list


def summary(event: Event, facts: Summary) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "begin_time": facts.begin_time,
        "end_time": facts.end_time,
        "event_type": int(EventType.SUMMARY),
        "key_points": facts.key_points,
        "key_words": facts.key_words,
        "summary": facts.summary,
        "title": facts.title,
    }


def highlight(event: Event, facts: Highlight) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "event_type": int(EventType.HIGHLIGHT),
        "items": plain_list(facts.items),
    }


def _common(event: Event, facts: Summary | Highlight) -> dict[str, Any]:
    return {
        "appid": facts.appid,
        "domain": event.domain,
        "path": event.app,
        "stream_id": event.stream,
    }
