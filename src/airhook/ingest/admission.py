"""Asking the sessions whether a push may begin, and what an encoder is told when it may not."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from airhook.core import reasons
from airhook.core.clock import Clock
from airhook.core.errors import UnavailableError
from airhook.core.push_ports import PushGate, PushTicket, Refusal
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush
from airhook.ingest.limits import IngestLimits
from airhook.ingest.publication import Abnormal, Publication, unheard
from airhook.ingest.registry import Registry
from airhook.ingest.rests import Rests

BAD_NAME = "NetStream.Publish.BadName"
FAILED = "NetStream.Publish.Failed"

_SERVICE_STOPPED = Reason(18, 201)


@dataclass(frozen=True, slots=True)
class Service:
    """What every connection works with."""

    gate: PushGate
    clock: Clock
    limits: IngestLimits
    registry: Registry
    log: logging.Logger
    on_abnormal: Abnormal = unheard
    rests: Rests = field(default_factory=Rests)


class Denial(NamedTuple):
    """The push does not begin: the code of ``onStatus``, and why."""

    code: str
    why: str


async def admit(service: Service, push: NewPush, on_cut: Callable[[Reason], None]) -> Publication | Denial:
    """Return after the sessions have committed the push; from then on it can be cut."""
    if service.registry.draining:
        return Denial(FAILED, _SERVICE_STOPPED.text)
    asked_ms = service.clock.now_ms()
    with service.registry.admission():
        answer = await _ask(service, push)
        if not isinstance(answer, PushTicket):
            return answer
        publication = Publication(answer, asked_ms, service.clock, on_cut, service.on_abnormal)
        early_cut = service.registry.add(publication)
    return Denial(FAILED, early_cut.text) if early_cut else publication


async def _ask(service: Service, push: NewPush) -> PushTicket | Denial:
    try:
        answer = await service.gate.admit(push)
    except UnavailableError as error:
        return Denial(FAILED, error.message)
    except Exception:
        service.log.exception("the sessions failed to judge a push")
        return Denial(FAILED, reasons.SERVICE_ERROR.text)
    return Denial(BAD_NAME, answer.reason.text) if isinstance(answer, Refusal) else answer
