"""Facts of pushes: started (1), ended (0), exceptional (321)."""

from typing import Annotated

import msgspec

from airhook.core.facts.base import Count, Digits, Fact, Milliseconds, Part

ExceptionKind = Annotated[int, msgspec.Meta(ge=1, le=16)]


class _Push(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact"):
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


class Occurrence(Part, frozen=True, kw_only=True):
    desc: str
    occur_time: Milliseconds


class Abnormality(Part, frozen=True, kw_only=True):
    """One kind of exception and how often it was seen. Texts that are None are the kind's usual ones."""

    type: ExceptionKind
    count: Count
    customer_visible: bool = True
    event_key: str = ""
    type_desc_cn: str | None = None
    type_desc_en: str | None = None
    detail: list[Occurrence] = msgspec.field(default_factory=list)


class PushException(Fact, frozen=True, kw_only=True, tag="push_exception"):
    """What was wrong with a push during ``report_interval`` milliseconds (267/53310)."""

    sequence: Digits
    stream_param: str = ""
    user_ip: str = ""
    report_interval: Milliseconds = 5000
    abnormal_event: Annotated[list[Abnormality], msgspec.Meta(min_length=1)]
