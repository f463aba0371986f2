"""Facts of pictures: a screenshot (200), what was found in one (317)."""

from typing import Annotated, Literal

import msgspec

from airhook.core.facts.base import Count, Fact, Part, Percent, Suggestion, Text


class Screenshot(Fact, frozen=True, kw_only=True, tag="screenshot"):
    """A picture was taken and stored (267/38083)."""

    file_size: Count  # bytes
    width: Count
    height: Count
    pic_url: Annotated[str, msgspec.Meta(pattern="^/")]  # the path
    pic_full_url: Text
    stream_param: str = ""
    task_id: str | None = None


class Location(Part, frozen=True, kw_only=True):
    """Top left corner, size and angle."""

    x: float
    y: float
    width: float
    height: float
    rotate: float = 0.0


class LabelDetail(Part, frozen=True, kw_only=True):
    id: Count
    name: str
    score: Percent


class ObjectDetail(Part, frozen=True, kw_only=True):
    id: Count
    name: str
    value: str  # the text of a QR code, for one
    score: Percent
    location: Location


class OcrDetail(Part, frozen=True, kw_only=True):
    text: str
    label: str
    keywords: list[str] = msgspec.field(default_factory=list)
    score: Percent
    location: Location


class LibDetail(Part, frozen=True, kw_only=True):
    id: Count
    image_id: str
    label: str
    tag: str
    score: Percent


class Finding(Part, frozen=True, kw_only=True):
    """What one of the detectors says."""

    scene: Text
    suggestion: Suggestion
    label: Text
    sub_label: str = ""
    score: Percent
    hit_flag: Literal[0, 1]


class LabelResult(Finding, frozen=True, kw_only=True):
    details: list[LabelDetail] = msgspec.field(default_factory=list)


class ObjectResult(Finding, frozen=True, kw_only=True):
    names: list[str] = msgspec.field(default_factory=list)
    details: list[ObjectDetail] = msgspec.field(default_factory=list)


class OcrResult(Finding, frozen=True, kw_only=True):
    text: str
    details: list[OcrDetail] = msgspec.field(default_factory=list)


class LibResult(Finding, frozen=True, kw_only=True):
    details: list[LibDetail] = msgspec.field(default_factory=list)


class PictureScores(Part, frozen=True, kw_only=True):
    """What one model says of the whole picture; 100 together."""

    normal: Percent
    hot: Percent
    porn: Percent


class ImageAudit(Fact, frozen=True, kw_only=True, tag="image_audit"):
    """A suspicious picture (267/38084). Without ``type`` the label tells it (contract C-17)."""

    img: Text  # URL
    score: Annotated[list[Percent], msgspec.Meta(min_length=1)]
    suggestion: Suggestion
    label: str | None = None
    sub_label: str = ""
    type: list[Count] | None = None
    ocr_msg: str | None = None
    label_results: list[LabelResult] | None = msgspec.field(default_factory=list)
    object_results: list[ObjectResult] | None = msgspec.field(default_factory=list)
    ocr_results: list[OcrResult] | None = msgspec.field(default_factory=list)
    lib_results: list[LibResult] = msgspec.field(default_factory=list)
    level: Count = 0
    stream_param: str = ""
    scores: PictureScores | None = None  # in the body only where a template wants the old score fields
