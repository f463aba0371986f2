"""Facts of audio: what was found in a piece of it (315)."""

from typing import Annotated, Literal

import msgspec

from airhook.core.facts.base import Count, Fact, Part, Percent, Seconds, Suggestion


class Span(Part, frozen=True, kw_only=True):
    """A finding in the piece, from ``start_time`` to ``end_time`` (seconds)."""

    label: str
    score: Percent
    start_time: float | int
    end_time: float | int


class Moan(Span, frozen=True, kw_only=True):
    suggestion: Suggestion
    sub_label: str = ""


class Tag(Part, frozen=True, kw_only=True):
    name: str
    score: Percent
    start_time: Count  # ms
    end_time: Count


class Recognition(Part, frozen=True, kw_only=True):
    label: str
    tags: list[Tag] = msgspec.field(default_factory=list)


class Position(Part, frozen=True, kw_only=True):
    start: Count  # characters
    end: Count


class TextHit(Part, frozen=True, kw_only=True):
    type: Literal["Model", "Keyword"]
    keyword: str
    lib_name: str = ""
    positions: list[Position] = msgspec.field(default_factory=list)


class TextResult(Part, frozen=True, kw_only=True):
    label: str
    keywords: list[str] = msgspec.field(default_factory=list)
    lib_id: str = ""
    lib_name: str = ""
    lib_type: Count = 0
    score: Percent
    suggestion: Suggestion
    sub_label: str = ""
    hit_infos: list[TextHit] = msgspec.field(default_factory=list)


class AsrResult(Part, frozen=True, kw_only=True):
    """Where the piece lies: ``periods`` is "HH:MM:SS-HH:MM:SS"."""

    appearing_point: list[float]
    confidence: Percent
    id: str = ""
    periods: Annotated[str, msgspec.Meta(pattern=r"^\d\d:\d\d:\d\d-\d\d:\d\d:\d\d$")]
    url: str
    create_time: Seconds | None = None


class AudioAudit(Fact, frozen=True, kw_only=True, tag="audio_audit"):
    """A suspicious piece of audio (267/58643)."""

    hit_flag: Literal[0, 1] | None = None
    score: Percent | None = None
    sub_tag: str | None = None
    label: str | None = None
    sub_label: str | None = None
    suggestion: Suggestion | None = None
    task_id: Count | None = None
    bizid: Count | None = None
    status: Count | None = None  # 2: normal
    asr_text: str | None = None
    cdn_url: str | None = None
    duration: Count | None = None  # seconds
    request_id: str | None = None
    seq: Count | None = None
    language_results: list[Span] | None = msgspec.field(default_factory=list)
    moan_results: list[Moan] | None = msgspec.field(default_factory=list)
    recognition_results: list[Recognition] | None = msgspec.field(default_factory=list)
    speaker_results: list[Span] | None = msgspec.field(default_factory=list)
    text_results: list[TextResult] | None = msgspec.field(default_factory=list)
    asr_tmp_full_results: list[AsrResult] | None = None
