"""Audio audit (315): contract 2.7. Its own fields are spelled in three ways."""

from typing import Any

from airhook.core.events import Event, EventType
from airhook.core.facts.audio import AudioAudit
from airhook.dialects.css.wire import INTERFACE, pascal_list, plain_list, told


def audit(event: Event, facts: AudioAudit) -> dict[str, Any]:
    pieces = facts.asr_tmp_full_results
    return {
        **INTERFACE,
        "appid": facts.appid,
        "channel_id": event.stream,
        "domain": event.domain,
        "event_type": int(EventType.AUDIO_AUDIT),
        "language_results": pascal_list(facts.language_results),
        "moan_results": pascal_list(facts.moan_results),
        "path": event.app,
        "recognition_results": pascal_list(facts.recognition_results),
        "speaker_results": pascal_list(facts.speaker_results),
        "stream_id": event.stream,
        "text_results": pascal_list(facts.text_results),
        **told(
            HitFlag=facts.hit_flag,
            Score=facts.score,
            SubTag=facts.sub_tag,
            asr_text=facts.asr_text,
            bizid=facts.bizid,
            cdn_url=facts.cdn_url,
            data=None if pieces is None else {"asr_tmp_full_results": plain_list(pieces)},
            duration=facts.duration,
            label=facts.label,
            request_id=facts.request_id,
            seq=facts.seq,
            status=facts.status,
            sub_label=facts.sub_label,
            suggestion=facts.suggestion,
            task_id=facts.task_id,
        ),
    }
