"""From scores to the verdict of an audit: one set of thresholds for each snapshot template."""

from typing import Annotated

import msgspec

from airhook.core.facts.base import Suggestion
from airhook.core.facts.picture import LabelDetail, LabelResult

Score = Annotated[int, msgspec.Meta(ge=0, le=100)]

PORN_HIGH = "PornHigh"  # the vendor's name for the finer label of what is blocked


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """How much a picture is normal, hot (sexy), and porn; 0 to 100 each, 100 together when one model gave them."""

    normal: Score
    hot: Score
    porn: Score


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """From which score on; 101 is never."""

    block: int = 80  # porn: Block
    review: int = 60  # porn: Review
    review_hot: int = 90  # hot: Review


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the callback tells of it (contract 2.6)."""

    suggestion: Suggestion
    label: str
    sub_label: str
    score: int
    label_results: list[LabelResult]


def judge(scores: Scores, thresholds: Thresholds) -> Verdict:
    """The scenes that were judged, and the most serious of them as the whole."""
    porn = _porn(scores.porn, thresholds)
    sexy = _sexy(scores.hot, thresholds)
    worst = next((one for one in (porn, sexy) if one.hit_flag), None)
    return Verdict(
        suggestion=worst.suggestion if worst else "Pass",
        label=worst.label if worst else "Normal",
        sub_label=worst.sub_label if worst else "",
        score=worst.score if worst else scores.normal,
        label_results=[porn, sexy],
    )


def _porn(score: int, thresholds: Thresholds) -> LabelResult:
    if score >= thresholds.block:
        details = [LabelDetail(id=0, name=PORN_HIGH, score=score)]
        return _result("Porn", "Block", score, sub_label=PORN_HIGH, details=details)
    return _result("Porn", "Review" if score >= thresholds.review else "Pass", score)


def _sexy(score: int, thresholds: Thresholds) -> LabelResult:
    return _result("Sexy", "Review" if score >= thresholds.review_hot else "Pass", score)


def _result(
    scene: str,
    suggestion: Suggestion,
    score: int,
    *,
    sub_label: str = "",
    details: list[LabelDetail] | None = None,
) -> LabelResult:
    hit = suggestion != "Pass"
    return LabelResult(
        scene=scene,
        suggestion=suggestion,
        label=scene if hit else "Normal",
        sub_label=sub_label,
        score=score,
        hit_flag=1 if hit else 0,
        details=details or [],
    )
