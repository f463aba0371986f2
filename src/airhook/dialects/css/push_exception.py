"""Push exception (321): contract 2.8, from 267/53310."""

from typing import Any

from airhook.core.events import Event, EventType
from airhook.core.facts.push import Abnormality, PushException
from airhook.dialects.css.wire import INTERFACE

TIMEOUT_MS = 5000  # a fixed field of the body; how long an attempt may take is another matter (contract C-02)

DESCRIPTIONS = {
    1: ("视频时间戳回退", "video timestamp goes back"),
    2: ("音频时间戳回退", "audio timestamp goes back"),
    3: ("视频时间戳跳变过大", "video timestamp jump bigger than 1000(ms)"),
    4: ("音频时间戳跳变过大", "audio timestamp jump bigger than 1000(ms)"),
    5: ("chunk size过大", "chunk size bigger than 8192"),
    6: ("视频帧到达间隔过大", "video frame arrive interval bigger than 3000(ms)"),
    7: ("音频帧到达间隔过大", "audio frame arrive interval bigger than 1000(ms)"),
    8: ("视频编码类型变化", "video codec changed"),
    9: ("音频编码类型变化", "audio codec changed"),
    10: ("视频帧早于编码头", "video frame before any codec header"),
    11: ("音频帧早于编码头", "audio frame before any codec header"),
    12: ("音频帧时间戳间隔过大", "audio frame timestamps too far apart"),
    13: ("非常用编码类型", "uncommon codec"),
    14: ("视频头解析失败", "video header cannot be parsed"),
    15: ("视频帧率过低", "video frame rate too low"),
    16: ("GOP过长", "GOP bigger than 10(s)"),
}
"""By type: Chinese and English. Types 6 and 7 as in the vendor's sample, the others in the same manner."""


def exception(event: Event, facts: PushException) -> dict[str, Any]:
    return {
        **INTERFACE,
        "abnormal_event": [_abnormality(one) for one in facts.abnormal_event],
        "appid": facts.appid,
        "data_time": event.occurred_ms,
        "domain": event.domain,
        "event_type": int(EventType.PUSH_EXCEPTION),
        "path": event.app,
        "report_interval": facts.report_interval,
        "sequence": facts.sequence,
        "stream_id": event.stream,
        "stream_param": facts.stream_param,
        "timeout": TIMEOUT_MS,
        "user_ip": facts.user_ip,
    }


def _abnormality(one: Abnormality) -> dict[str, Any]:
    chinese, english = DESCRIPTIONS[one.type]
    return {
        "count": one.count,
        "customer_visible": "true" if one.customer_visible else "false",
        "detail": [{"desc": seen.desc, "occur_time": seen.occur_time} for seen in one.detail],
        "event_key": one.event_key,
        "type": one.type,
        "type_desc_cn": chinese if one.type_desc_cn is None else one.type_desc_cn,
        "type_desc_en": english if one.type_desc_en is None else one.type_desc_en,
    }
