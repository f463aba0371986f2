"""Facts of quality: control (343), evaluation below the threshold (344), its average (345)."""

from typing import Literal

import msgspec

from airhook.core.facts.base import Count, Fact, Milliseconds, Part, Text

Metric = Literal["PSNR", "SSIM", "VMAF", "VQA"]


class Frame(Part, frozen=True, kw_only=True):
    score: float
    time: Milliseconds


class QualityControl(Fact, frozen=True, kw_only=True, tag="quality_control"):
    """Format or content of the stream is bad (267/73166)."""

    class_: Text = msgspec.field(name="class")  # "Blur", "FpsJitter", ...
    score: float
    transcode_template_id: Count
    watermark_template_id: Count | None = None


class EvaluationThreshold(Fact, frozen=True, kw_only=True, tag="evaluation_threshold"):
    """Frames were below the threshold (267/73167)."""

    class_: Metric = msgspec.field(name="class")
    frames: list[Frame]
    transcode_template_id: Count
    watermark_template_id: Count | None = None  # VQA only


class EvaluationAverage(Fact, frozen=True, kw_only=True, tag="evaluation_average"):
    """The average over frames (267/73168)."""

    class_: Metric = msgspec.field(name="class")
    frames: list[Frame]
    average_score: float
    max_score: float
    min_score: float
    transcode_template_id: Count
    watermark_template_id: Count | None = None  # VQA only
