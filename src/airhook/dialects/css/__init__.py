"""Bodies as Tencent Cloud CSS sends them (contract 2), without ``t`` and ``sign``.

One file for each family of event types, because each names domain, path and stream in its own way (contract 1.4).
"""

from collections.abc import Callable
from typing import Any

from airhook.core.delivery_options import DeliveryOptions
from airhook.core.events import Event
from airhook.core.facts.audio import AudioAudit
from airhook.core.facts.digest import Highlight, Summary
from airhook.core.facts.picture import ImageAudit, Screenshot
from airhook.core.facts.push import PushEnded, PushException, PushStarted
from airhook.core.facts.quality import EvaluationAverage, EvaluationThreshold, QualityControl
from airhook.core.facts.record import RecordException, RecordFile, RecordStatus
from airhook.core.facts.speech import LiveSubtitle, SmartErase
from airhook.core.facts.task import Monitor, Relay
from airhook.dialects.css import audio, digest, picture, push, push_exception, quality, record, speech, task

_RENDERERS: dict[type, Callable[[Event, Any], dict[str, Any]]] = {
    PushStarted: push.started,
    PushEnded: push.ended,
    PushException: push_exception.exception,
    RecordFile: record.file,
    RecordStatus: record.status,
    RecordException: record.exception,
    Screenshot: picture.screenshot,
    ImageAudit: picture.audit,
    AudioAudit: audio.audit,
    Relay: task.relay,
    Monitor: task.monitor,
    LiveSubtitle: speech.subtitle,
    SmartErase: speech.erase,
    QualityControl: quality.control,
    EvaluationThreshold: quality.threshold,
    EvaluationAverage: quality.average,
    Summary: digest.summary,
    Highlight: digest.highlight,
}


def render(event: Event, options: DeliveryOptions | None = None) -> dict[str, Any]:
    """The body of ``event``: its fields by name, of JSON types. The order of keys is the sender's business.

    ``options`` are those of the template that it goes out by.
    """
    facts = event.facts
    body = _RENDERERS[type(facts)](event, facts)
    if options is not None and options.legacy_scores and isinstance(facts, ImageAudit):
        body.update(picture.legacy_scores(facts))
    return body
