"""The ``data`` of events of callers: its schema by event type, and the facts that it tells.

Most types are their facts. A push is told with less: its facts repeat where it happened, and the node says the rest.
"""

from typing import Annotated, Any

import msgspec

from airhook.control.complaints import MALFORMED, complaint
from airhook.core.errors import InvalidError
from airhook.core.events import EventType, Facts
from airhook.core.facts.audio import AudioAudit
from airhook.core.facts.base import MAX_INT64, Count, Fact, Milliseconds
from airhook.core.facts.digest import Highlight, Summary
from airhook.core.facts.picture import ImageAudit, Screenshot
from airhook.core.facts.push import PushEnded, PushException, PushStarted
from airhook.core.facts.quality import EvaluationAverage, EvaluationThreshold, QualityControl
from airhook.core.facts.record import RecordException, RecordFile, RecordStatus
from airhook.core.facts.speech import LiveSubtitle, SmartErase
from airhook.core.facts.task import RELAY_FIELDS, Monitor, Relay
from airhook.core.reasons import TEXTS, Reason
from airhook.core.sessions import NodeIdentity
from airhook.core.templates import check_url


class PushData(Fact, frozen=True, kw_only=True, tag="push_data"):
    """What a caller tells of a push. What it leaves out is said by the node."""

    sequence: Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,18})$")]  # equal in start and stop
    stream_param: str = ""
    user_ip: str = ""
    node: str | None = None
    set_id: Count | None = None
    idc_id: Count | None = None
    width: Count = 0
    height: Count = 0


class PushEndData(PushData, frozen=True, kw_only=True, tag="push_end_data"):
    errcode: Count
    sub_errcode: Count = 0  # tells reasons with one errcode apart (contract 2.2)
    push_duration: Milliseconds


SCHEMAS: dict[EventType, type[Fact]] = {
    EventType.PUSH_ENDED: PushEndData,
    EventType.PUSH_STARTED: PushData,
    EventType.RECORD_FILE: RecordFile,
    EventType.SCREENSHOT: Screenshot,
    EventType.RELAY: Relay,
    EventType.AUDIO_AUDIT: AudioAudit,
    EventType.IMAGE_AUDIT: ImageAudit,
    EventType.PUSH_EXCEPTION: PushException,
    EventType.MONITOR: Monitor,
    EventType.RECORD_STATUS: RecordStatus,
    EventType.SUBTITLE: LiveSubtitle,
    EventType.RECORD_EXCEPTION: RecordException,
    EventType.QUALITY_CONTROL: QualityControl,
    EventType.EVALUATION_THRESHOLD: EvaluationThreshold,
    EventType.EVALUATION_AVERAGE: EvaluationAverage,
    EventType.SMART_ERASE: SmartErase,
    EventType.SUMMARY: Summary,
    EventType.HIGHLIGHT: Highlight,
}
"""What ``data`` must be, by event type."""

_decoders: dict[EventType, Any] = {kind: msgspec.json.Decoder(schema) for kind, schema in SCHEMAS.items()}


def read_data(kind: EventType, raw: msgspec.Raw, appid: int) -> Fact:
    """Raises ``InvalidError`` naming the field, what is wrong with it and what would be right."""
    try:
        data: Fact = _decoders[kind].decode(raw)
    except MALFORMED as error:
        raise complaint(error, SCHEMAS[kind], "data") from None
    _check_texts(bytes(raw), data)
    if data.appid not in (0, appid):
        raise InvalidError("data.appid", f"is not the account's, {appid}; leave it out", rule="value")
    return msgspec.structs.replace(data, appid=appid)


def facts_of(data: Fact, domain: str, app: str, stream: str, node: NodeIdentity) -> Facts:
    """What the data says, with what the types of JSON cannot check. Raises ``InvalidError``."""
    if isinstance(data, PushData):
        return _push(data, domain, app, stream, node)
    if isinstance(data, Relay):
        check_url("data.callback_url", data.callback_url)
        _check_relay(data)
    elif isinstance(data, Monitor):
        check_url("data.callback_url", data.callback_url)
    facts: Any = data
    checked: Facts = facts
    return checked


def _check_texts(raw: bytes, data: Fact) -> None:
    """No text may hold NUL: most receivers cannot store it, and neither can every database."""
    if (b"\\u0000" in raw or b"\0" in raw) and (path := _path_of_nul(msgspec.to_builtins(data), "data")):
        raise InvalidError(path, "must not hold a NUL character", rule="characters")


def _path_of_nul(value: Any, path: str) -> str | None:
    if isinstance(value, str):
        return path if "\0" in value else None
    if isinstance(value, dict):
        found = (_path_of_nul(inner, f"{path}.{name}") for name, inner in value.items())
    elif isinstance(value, list):
        found = (_path_of_nul(inner, f"{path}[{n}]") for n, inner in enumerate(value))
    else:
        return None
    return next(filter(None, found), None)


def _check_relay(data: Relay) -> None:
    """The message holds the fields of its event, all of them but those of an alarm's text, and no others."""
    fields = RELAY_FIELDS[data.callback_event]
    given = [name for name in data.msg.__struct_fields__ if getattr(data.msg, name) is not None]
    required = fields[:1] if data.callback_event == "TaskAlarm" else fields
    for name in required:
        if name not in given:
            raise InvalidError(f"data.msg.{name}", f"is required for {data.callback_event}", rule="required")
    for name in given:
        if name not in fields:
            raise InvalidError(
                f"data.msg.{name}", f"does not belong to {data.callback_event}", rule="unknown"
            )


def _push(data: PushData, domain: str, app: str, stream: str, node: NodeIdentity) -> PushStarted | PushEnded:
    if int(data.sequence) > MAX_INT64:
        raise InvalidError("data.sequence", "is no integer of 64 bits", rule="range")
    common: dict[str, Any] = {
        "appid": data.appid,
        "domain": domain,
        "app": app,
        "stream": stream,
        "stream_param": data.stream_param,
        "user_ip": data.user_ip,
        "node": node.ip if data.node is None else data.node,
        "set_id": node.set_id if data.set_id is None else data.set_id,
        "idc_id": node.idc_id if data.idc_id is None else data.idc_id,
        "sequence": int(data.sequence),
        "width": data.width,
        "height": data.height,
    }
    if not isinstance(data, PushEndData):
        return PushStarted(**common)
    reason = _reason(data)
    return PushEnded(**common, errcode=reason.errcode, sub=reason.sub, duration_ms=data.push_duration)


def _reason(data: PushEndData) -> Reason:
    reason = Reason(data.errcode, data.sub_errcode)
    if reason in TEXTS:
        return reason
    subs = [known.sub for known in TEXTS if known.errcode == data.errcode]
    if subs:
        choices = ", ".join(map(str, subs))
        raise InvalidError(
            "data.sub_errcode", f"must be one of {choices} with errcode {data.errcode}", rule="unknown"
        )
    raise InvalidError("data.errcode", f"{data.errcode} is no reason; use 0 to 39", rule="unknown")
