"""Charts are made of differences between samples, minute by minute."""

import pytest

from airhook.control.trends import KEPT, Sample, Trends, percentile

BOUNDS = (10.0, 100.0, 1000.0)
MINUTE_MS = 60_000


def sample(at_ms: int, delivered: int, failed: int = 0, took: tuple[int, ...] = (0, 0, 0, 0)) -> Sample:
    return Sample(at_ms=at_ms, delivered=delivered, failed=failed, took=took, backlog=7, live=3)


def test_a_minute_counts_what_came_since_the_one_before() -> None:
    trends = Trends(None, BOUNDS)
    for at_ms, delivered in ((0, 5), (50_000, 30), (60_000, 40), (119_000, 100), (125_000, 101)):
        trends.add(sample(at_ms, delivered))
    points = trends.points()
    assert [(point.at, point.delivered) for point in points] == [(60, 25), (120, 70), (180, 1)]
    assert (points[-1].backlog, points[-1].live) == (7, 3)


def test_answer_times_are_those_of_the_minute_alone() -> None:
    trends = Trends(None, BOUNDS)
    trends.add(sample(0, 0, took=(1000, 0, 0, 0)))
    trends.add(sample(MINUTE_MS, 0, took=(1000, 0, 10, 0)))
    (_, point) = trends.points()
    assert point.p50_ms == 550.0
    assert trends.points()[0].p50_ms is None


def test_old_samples_make_room() -> None:
    trends = Trends(None, BOUNDS)
    for n in range(KEPT + 50):
        trends.add(sample(n * 10_000, n))
    points = trends.points()
    assert len(points) <= KEPT // 6 + 1
    assert sum(point.delivered for point in points) == KEPT - 1


@pytest.mark.parametrize(
    ("counts", "part", "value"),
    [
        pytest.param((0, 0, 0, 0), 0.5, None, id="nothing"),
        pytest.param((10, 0, 0, 0), 0.5, 5.0, id="the middle of a bucket"),
        pytest.param((5, 5, 0, 0), 0.5, 10.0, id="the edge of a bucket"),
        pytest.param((0, 0, 0, 4), 0.5, 1000.0, id="beyond all bounds"),
        pytest.param((90, 9, 1, 0), 0.99, 100.0, id="a rare slow one"),
    ],
)
def test_percentiles(counts: tuple[int, ...], part: float, value: float | None) -> None:
    assert percentile(counts, BOUNDS, part) == value
