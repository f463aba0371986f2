"""Events: typed facts (``core.facts``) about something that happened on a stream. Accepted ones never change.

All times are milliseconds since the UNIX epoch, UTC.
"""

import enum

import msgspec

from airhook.core.facts import Facts, decode_facts, encode_facts
from airhook.core.facts.push import PushEnded, PushStarted

__all__ = [
    "ORDERED_TYPES",
    "REPEATS_KNOWN_MS",
    "TASK_TYPES",
    "Event",
    "EventType",
    "Facts",
    "PushEnded",
    "PushStarted",
    "decode_facts",
    "encode_facts",
]


class EventType(enum.IntEnum):
    """``event_type`` of a callback (contract 2)."""

    PUSH_ENDED = 0
    PUSH_STARTED = 1
    RECORD_FILE = 100
    SCREENSHOT = 200
    RELAY = 314
    AUDIO_AUDIT = 315
    IMAGE_AUDIT = 317
    PUSH_EXCEPTION = 321
    MONITOR = 328
    RECORD_STATUS = 332
    SUBTITLE = 338
    RECORD_EXCEPTION = 341
    QUALITY_CONTROL = 343
    EVALUATION_THRESHOLD = 344
    EVALUATION_AVERAGE = 345
    SMART_ERASE = 347
    SUMMARY = 348
    HIGHLIGHT = 349


ORDERED_TYPES = frozenset({EventType.PUSH_STARTED, EventType.PUSH_ENDED})
"""Only these two are kept in order, a lane for each stream (design D3)."""

TASK_TYPES = frozenset({EventType.RELAY, EventType.MONITOR})
"""These go to a URL that their task names, not to a template's, and carry neither ``t`` nor ``sign`` (contract 1.5, C-11)."""


REPEATS_KNOWN_MS = 3 * 24 * 3600 * 1000
"""How long the id that a caller gave an event is remembered: a repeat within this time is recognized."""


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One accepted event. ``id`` is durable and unique within the account: a repeat is recognized by it."""

    id: str
    account_id: int
    event_type: int
    domain: str
    app: str
    stream: str
    session_id: int | None
    occurred_ms: int
    accepted_ms: int
    config_version: int  # of the snapshot that planned its deliveries
    facts: Facts
