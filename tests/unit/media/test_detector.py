"""The built-in detector on harmless pictures, and from its score to the verdict."""

import pytest

from airhook.media.detector.nsfw import OpenNsfw, scores_of
from airhook.media.detector.verdict import Scores, Thresholds, judge
from support import blobs


@pytest.fixture(scope="module")
def detector() -> OpenNsfw:
    return OpenNsfw()


@pytest.mark.parametrize(
    ("picture", "least", "most"),
    [
        pytest.param(blobs.flat((0, 0, 0)), 0.0, 0.15, id="black"),
        pytest.param(blobs.flat((255, 255, 255)), 0.0, 0.15, id="white"),
        pytest.param(blobs.flat((224, 172, 138)), 0.05, 0.4, id="one warm colour"),
        pytest.param(blobs.gradient(), 0.4, 0.65, id="a gradient, of which the model is wrong"),
        pytest.param(blobs.bars(), 0.0, 0.1, id="colour bars"),
        pytest.param(blobs.circles(), 0.0, 0.2, id="circles"),
        pytest.param(blobs.high(), 0.65, 0.9, id="the demo's blobs"),
    ],
)
def test_harmless_pictures_score_as_they_did(detector, picture, least, most):
    assert least <= detector.probability(blobs.jpeg(picture)) <= most


def test_the_blobs_survive_compression(detector):
    assert detector.probability(blobs.jpeg(blobs.high(), quality=40)) > 0.6


@pytest.mark.parametrize(
    ("p", "normal", "hot", "porn"),
    [
        (0.0, 100, 0, 0),
        (0.2, 60, 40, 0),
        (0.5, 0, 100, 0),
        (0.573, 0, 85, 15),
        (0.8, 0, 40, 60),
        (1.0, 0, 0, 100),
    ],
)
def test_one_probability_becomes_three_scores_that_are_100_together(p, normal, hot, porn):
    assert scores_of(p) == Scores(normal=normal, hot=hot, porn=porn)


def test_the_scores_are_100_together_everywhere():
    for n in range(1001):
        scores = scores_of(n / 1000)
        assert scores.normal + scores.hot + scores.porn == 100


@pytest.mark.parametrize(
    ("scores", "suggestion", "label", "sub_label", "score"),
    [
        (Scores(normal=0, hot=20, porn=80), "Block", "Porn", "PornHigh", 80),
        (Scores(normal=0, hot=21, porn=79), "Review", "Porn", "", 79),
        (Scores(normal=0, hot=40, porn=60), "Review", "Porn", "", 60),
        (Scores(normal=0, hot=89, porn=11), "Pass", "Normal", "", 0),
        (Scores(normal=0, hot=90, porn=10), "Review", "Sexy", "", 90),
        (Scores(normal=99, hot=1, porn=0), "Pass", "Normal", "", 99),
    ],
)
def test_the_most_serious_scene_is_the_verdict(scores, suggestion, label, sub_label, score):
    verdict = judge(scores, Thresholds())
    assert (verdict.suggestion, verdict.label, verdict.sub_label, verdict.score) == (
        suggestion,
        label,
        sub_label,
        score,
    )
    assert [one.scene for one in verdict.label_results] == ["Porn", "Sexy"]
    assert [one.score for one in verdict.label_results] == [scores.porn, scores.hot]


def test_a_threshold_of_101_is_never_reached():
    never = Thresholds(block=101, review=101, review_hot=101)
    assert judge(Scores(normal=0, hot=0, porn=100), never).suggestion == "Pass"
    assert judge(Scores(normal=0, hot=100, porn=0), never).suggestion == "Pass"
