"""Facts of speech: subtitles (338), erased words (347)."""

from typing import Annotated

import msgspec

from airhook.core.facts.base import Count, Fact, Part, Seconds, Text


class Sentence(Part, frozen=True, kw_only=True):
    """``_pts`` are milliseconds of the stream's clock."""

    src_txt: str
    start_pts: Count
    end_pts: Count
    start_unix_time: Seconds
    end_unix_time: Seconds


class Subtitle(Sentence, frozen=True, kw_only=True, omit_defaults=True):
    steady_state: bool
    dst_txt: str | None = None  # with translation


class Keyword(Part, frozen=True, kw_only=True):
    word: str
    begin_time: Count  # ms
    end_time: Count


class Erasure(Sentence, frozen=True, kw_only=True):
    keywords_info: list[Keyword]


class LiveSubtitle(Fact, frozen=True, kw_only=True, tag="live_subtitle"):
    """What was said (267/73170)."""

    task_id: Text
    subtitle_tmp_res: Annotated[list[Subtitle], msgspec.Meta(min_length=1)]


class SmartErase(Fact, frozen=True, kw_only=True, tag="smart_erase"):
    """What was said and is not to be heard (267/73169)."""

    task_id: Text
    subtitle_tmp_res: Annotated[list[Erasure], msgspec.Meta(min_length=1)]
