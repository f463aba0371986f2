"""A sample of every event: real facts of a stream that does not exist, for trying out a URL."""

from typing import Any

import msgspec

from airhook.control.event_data import SCHEMAS, facts_of
from airhook.core.events import EventType, Facts
from airhook.core.sessions import NodeIdentity

APP, STREAM = "live", "airhook-test"
DOMAIN = "push.example.com"

_PUSH = {"sequence": "1234567890123456789", "user_ip": "203.0.113.7", "width": 1280, "height": 720}
_SENTENCE = {"src_txt": "This is a test.", "start_pts": 124_100, "end_pts": 126_880}


def sample_facts(kind: EventType, *, appid: int, domain: str, node: NodeIdentity, now_ms: int) -> Facts:
    """Facts as ``/v1/events`` would read them."""
    data: Any = msgspec.convert({"appid": appid, **_data(kind, now_ms)}, SCHEMAS[kind])
    return facts_of(data, domain, APP, STREAM, node)


def _data(kind: EventType, now_ms: int) -> dict[str, Any]:
    now = now_ms // 1000
    sentence = {**_SENTENCE, "start_unix_time": now - 5, "end_unix_time": now - 2}
    media = "https://media.example.com/airhook-test"
    score = {"transcode_template_id": 0, "frames": [{"score": 38.5, "time": now_ms - 2000}]}
    samples: dict[EventType, dict[str, Any]] = {
        EventType.PUSH_STARTED: _PUSH,
        EventType.PUSH_ENDED: {**_PUSH, "errcode": 1, "push_duration": 60_000},
        EventType.RECORD_FILE: {
            "file_id": "airhook-test-1",
            "record_file_id": "airhook-test-1",
            "file_format": "mp4",
            "start_time": now - 60,
            "end_time": now,
            "duration": 60,
            "file_size": 3_750_000,
            "video_url": f"{media}.mp4",
        },
        EventType.RECORD_STATUS: {
            "record_event": "record_start_succeeded",
            "record_detail": {"file_format": 3},
            "session_id": "1234567890123456789",
            "seq": "1",
        },
        EventType.RECORD_EXCEPTION: {
            "session_id": "1234567890123456789",
            "file_format": "mp4",
            "exception_level": "error",
            "exception": {"type": -10, "occurs": 1, "desc": "This is a test."},
        },
        EventType.SCREENSHOT: {
            "file_size": 54_321,
            "width": 1280,
            "height": 720,
            "pic_url": "/airhook-test.jpg",
            "pic_full_url": f"{media}.jpg",
        },
        EventType.IMAGE_AUDIT: {
            "img": f"{media}.jpg",
            "score": [97],
            "suggestion": "Block",
            "label": "Porn",
            "type": [1],
            "scores": {"normal": 0, "hot": 3, "porn": 97},
        },
        EventType.AUDIO_AUDIT: {
            "hit_flag": 1,
            "score": 91,
            "label": "Abuse",
            "suggestion": "Block",
            "duration": 15,
            "asr_text": "This is a test.",
        },
        EventType.PUSH_EXCEPTION: {
            "sequence": "1234567890123456789",
            "user_ip": "203.0.113.7",
            "abnormal_event": [
                {"type": 6, "count": 1, "detail": [{"desc": "This is a test.", "occur_time": now_ms - 1500}]}
            ],
        },
        EventType.SUBTITLE: {
            "task_id": "airhook-test",
            "subtitle_tmp_res": [{**sentence, "steady_state": True}],
        },
        EventType.SMART_ERASE: {
            "task_id": "airhook-test",
            "subtitle_tmp_res": [
                {**sentence, "keywords_info": [{"word": "test", "begin_time": 124_900, "end_time": 125_300}]}
            ],
        },
        EventType.QUALITY_CONTROL: {"class": "Blur", "score": 61.5, "transcode_template_id": 0},
        EventType.EVALUATION_THRESHOLD: {"class": "VMAF", **score},
        EventType.EVALUATION_AVERAGE: {
            "class": "VMAF",
            **score,
            "average_score": 38.5,
            "max_score": 38.5,
            "min_score": 38.5,
        },
        EventType.SUMMARY: {
            "begin_time": now - 300,
            "end_time": now,
            "title": "A test",
            "summary": "This is a test.",
        },
        EventType.HIGHLIGHT: {
            "items": [
                {
                    "begin_time": now - 60,
                    "end_time": now - 30,
                    "title": "A test",
                    "summary": "This is a test.",
                    "video_store_url": f"{media}.mp4",
                }
            ]
        },
    }
    return samples[kind]
