"""Typed facts about what happened on a stream, one type for each event type (design D15).

Facts are what is known when the thing happens; how they look on the wire is a dialect's business. Where and when it
happened (domain, app, stream, time) is said by the event around them.
"""

import msgspec

from airhook.core.facts.audio import AudioAudit
from airhook.core.facts.digest import Highlight, Summary
from airhook.core.facts.notice import Notice
from airhook.core.facts.picture import ImageAudit, Screenshot
from airhook.core.facts.push import PushEnded, PushException, PushStarted
from airhook.core.facts.quality import EvaluationAverage, EvaluationThreshold, QualityControl
from airhook.core.facts.record import RecordException, RecordFile, RecordStatus
from airhook.core.facts.speech import LiveSubtitle, SmartErase
from airhook.core.facts.task import Monitor, Relay

Facts = (
    PushStarted
    | PushEnded
    | RecordFile
    | Screenshot
    | Relay
    | AudioAudit
    | ImageAudit
    | PushException
    | Monitor
    | RecordStatus
    | LiveSubtitle
    | RecordException
    | QualityControl
    | EvaluationThreshold
    | EvaluationAverage
    | SmartErase
    | Summary
    | Highlight
    | Notice
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Facts] = msgspec.json.Decoder(Facts)


def encode_facts(facts: Facts) -> bytes:
    return _encoder.encode(facts)


def decode_facts(data: bytes | str) -> Facts:
    return _decoder.decode(data)
