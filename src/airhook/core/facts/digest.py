"""Facts of what a stream was about: its summary (348), its highlights (349)."""

from typing import Annotated

import msgspec

from airhook.core.facts.base import Fact, Part, Seconds, Text


class Summary(Fact, frozen=True, kw_only=True, tag="live_summary"):
    """What happened from ``begin_time`` to ``end_time`` (267/74671)."""

    begin_time: Seconds
    end_time: Seconds
    title: str
    summary: str
    key_words: list[str] = msgspec.field(default_factory=list)
    key_points: list[str] = msgspec.field(default_factory=list)


class Clip(Part, frozen=True, kw_only=True):
    begin_time: Seconds
    end_time: Seconds
    title: str
    summary: str
    video_store_url: Text
    cov_img_store_url: str = ""
    key_words: list[str] = msgspec.field(default_factory=list)


class Highlight(Fact, frozen=True, kw_only=True, tag="smart_highlight"):
    """Clips worth seeing (267/74672)."""

    items: Annotated[list[Clip], msgspec.Meta(min_length=1)]
