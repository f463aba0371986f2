"""Quality control (343), evaluation threshold (344) and average (345): contract 2.12."""

from typing import Any

from airhook.core.events import Event, EventType
from airhook.core.facts.quality import EvaluationAverage, EvaluationThreshold, QualityControl
from airhook.dialects.css.wire import plain_list, told


def control(event: Event, facts: QualityControl) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "event_type": int(EventType.QUALITY_CONTROL),
        "function": "QualityControl",
        "score": facts.score,
    }


def threshold(event: Event, facts: EvaluationThreshold) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "event_type": int(EventType.EVALUATION_THRESHOLD),
        "frames": plain_list(facts.frames),
        "function": "Assessment",
    }


def average(event: Event, facts: EvaluationAverage) -> dict[str, Any]:
    return {
        **_common(event, facts),
        "average_score": facts.average_score,
        "event_type": int(EventType.EVALUATION_AVERAGE),  # the vendor's sample says 344 (contract C-23)
        "frames": plain_list(facts.frames),
        "function": "Assessment",
        "max_score": facts.max_score,
        "min_score": facts.min_score,
    }


def _common(event: Event, facts: QualityControl | EvaluationThreshold | EvaluationAverage) -> dict[str, Any]:
    return {
        "appid": facts.appid,
        "appname": event.app,
        "class": facts.class_,
        "domain": event.domain,
        "event_time": event.occurred_ms // 1000,
        "stream_id": event.stream,
        "transcode_template_id": facts.transcode_template_id,
        **told(watermark_template_id=facts.watermark_template_id),
    }
