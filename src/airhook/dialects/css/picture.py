"""Screenshot (200) and image audit (317): contract 2.5, 2.6. The second is written in camel case."""

from typing import Any

from airhook.core.events import Event, EventType
from airhook.core.facts.picture import ImageAudit, Screenshot
from airhook.dialects.css.wire import pascal_list, told

TYPE_OF_LABEL = {"Normal": 0, "Porn": 1, "Abuse": 6, "Ad": 8}
OTHER = 7  # every other label (contract C-17)


def screenshot(event: Event, facts: Screenshot) -> dict[str, Any]:
    return {
        "app": event.domain,
        "appname": event.app,
        "channel_id": event.stream,
        "create_time": event.occurred_ms // 1000,
        "event_type": int(EventType.SCREENSHOT),
        "file_size": facts.file_size,
        "height": facts.height,
        "pic_full_url": facts.pic_full_url,
        "pic_url": facts.pic_url,
        "stream_id": event.stream,
        "stream_param": facts.stream_param,
        "width": facts.width,
        **told(task_id=facts.task_id),
    }


def audit(event: Event, facts: ImageAudit) -> dict[str, Any]:
    """``sendTime`` is when it was planned: only ``t`` and ``sign`` change from attempt to attempt (design D8)."""
    return {
        "abductionRisk": [],
        "app": event.domain,
        "appid": facts.appid,
        "appname": event.app,
        "channelId": event.stream,
        "event_type": int(EventType.IMAGE_AUDIT),
        "faceDetails": [],
        "img": facts.img,
        "labelResults": pascal_list(facts.label_results),
        "level": facts.level,
        "libResults": pascal_list(facts.lib_results),
        "objectResults": pascal_list(facts.object_results),
        "ocrResults": pascal_list(facts.ocr_results),
        "score": facts.score,
        "screenshotTime": event.occurred_ms // 1000,
        "sendTime": event.accepted_ms // 1000,
        "streamId": event.stream,
        "stream_param": facts.stream_param,
        "subLabel": facts.sub_label,
        "suggestion": facts.suggestion,
        "type": _types(facts),
        **told(label=facts.label, ocrMsg=facts.ocr_msg),
    }


def legacy_scores(facts: ImageAudit) -> dict[str, Any]:
    """The fields of bodies before 2021, which the vendor still sends without a word about them (contract 2.6).

    What nobody judged is 0. Without scores of a model there are none of these fields.
    """
    if facts.scores is None:
        return {}
    known = {"normalScore": facts.scores.normal, "hotScore": facts.scores.hot, "pornScore": facts.scores.porn}
    unknown = ("terror", "polity", "illegal", "similar", "abuse", "teenager", "ad", "custom")
    confidence = round(facts.scores.porn + facts.scores.hot / 2)  # of the model's single probability
    return {"confidence": confidence, **known, **{f"{name}Score": 0 for name in unknown}}


def _types(facts: ImageAudit) -> list[int]:
    if facts.type is not None:
        return facts.type
    return [TYPE_OF_LABEL.get(facts.label or "Normal", OTHER)]
