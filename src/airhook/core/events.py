"""Events: typed facts about something that happened on a stream. Accepted ones never change.

Facts are what is known when the thing happens; how they look on the wire is a dialect's business (design D15).
All times are milliseconds since the UNIX epoch, UTC.
"""

import enum

import msgspec


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


class _Push(msgspec.Struct, frozen=True, kw_only=True):
    """What a start and its stop have in common (267/38081)."""

    appid: int
    domain: str
    app: str
    stream: str
    stream_param: str  # query of the push URL, without "?"
    user_ip: str
    node: str  # IP of the ingest node
    set_id: int
    idc_id: int
    sequence: int  # the session's id
    width: int  # pixels; 0 when not known
    height: int


class PushStarted(_Push, frozen=True, kw_only=True, tag="push_started"):
    """A publisher began to push."""


class PushEnded(_Push, frozen=True, kw_only=True, tag="push_ended"):
    """A push came to its end, for whatever reason (``core.reasons``)."""

    errcode: int
    sub: int  # tells reasons with the same errcode apart; never on the wire
    duration_ms: int  # from the start to the last data


Facts = PushStarted | PushEnded


class Event(msgspec.Struct, frozen=True, kw_only=True):
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


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Facts] = msgspec.json.Decoder(Facts)


def encode_facts(facts: Facts) -> bytes:
    return _encoder.encode(facts)


def decode_facts(data: bytes | str) -> Facts:
    return _decoder.decode(data)
