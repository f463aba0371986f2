"""Recordings: file (100), status (332), exception (341): contract 2.3, 2.4, 2.9."""

from typing import Any

from airhook.core.events import Event, EventType
from airhook.core.facts.record import RecordException, RecordFile, RecordStatus
from airhook.dialects.css.wire import INTERFACE, json_text, told


def file(event: Event, facts: RecordFile) -> dict[str, Any]:
    return {
        "app": event.domain,
        "appid": facts.appid,
        "appname": event.app,
        "channel_id": event.stream,
        "duration": facts.duration,
        "end_time": facts.end_time,
        "event_type": int(EventType.RECORD_FILE),
        "file_format": facts.file_format,
        "file_id": facts.file_id,
        "file_size": facts.file_size,
        "record_file_id": facts.record_file_id,
        "start_time": facts.start_time,
        "stream_id": event.stream,
        "video_url": facts.video_url,
        **told(
            callback_ext=json_text(facts.callback_ext) if facts.callback_ext else None,
            end_time_usec=facts.end_time_usec,
            media_start_time=facts.media_start_time,
            record_bps=facts.record_bps,
            record_temp_id=facts.record_temp_id,
            start_time_usec=facts.start_time_usec,
            stream_param=facts.stream_param,
            task_id=facts.task_id,
        ),
    }


def status(event: Event, facts: RecordStatus) -> dict[str, Any]:
    return {
        "appid": facts.appid,
        "appname": event.app,
        "domain": event.domain,
        "event_time": event.occurred_ms // 1000,
        "event_type": int(EventType.RECORD_STATUS),
        "record_detail": json_text(facts.record_detail),
        "record_event": facts.record_event,
        "seq": facts.seq,
        "session_id": facts.session_id,
        "stream_id": event.stream,
        **told(task_id=facts.task_id),
    }


def exception(event: Event, facts: RecordException) -> dict[str, Any]:
    fault = facts.exception
    return {
        **INTERFACE,
        "appid": facts.appid,
        "domain": event.domain,
        "event_type": int(EventType.RECORD_EXCEPTION),
        "exception": {"desc": fault.desc, "occurs": fault.occurs, "type": fault.type},
        "exception_level": facts.exception_level,
        "file_format": facts.file_format,
        "path": event.app,
        "session_id": facts.session_id,
        "stream_id": event.stream,
        "timestamp": event.occurred_ms // 1000,
    }
