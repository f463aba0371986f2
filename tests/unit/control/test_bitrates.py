"""A stream's bitrate over the last hour, in bounded memory."""

from airhook.control.bitrates import KEPT, SAMPLE_S, SILENT, BitratePoint, Bitrates
from airhook.core.push_ports import PushMeasure
from support.desk import SetClock


class Meter:
    def __init__(self) -> None:
        self.now: dict[int, PushMeasure] = {}
        self.clock = SetClock(1_000_000_000)
        self.bitrates = Bitrates(lambda: self.now, self.clock)

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.ms += SAMPLE_S * 1000
            self.bitrates.look()


def measure(video_kbps: int, audio_kbps: int = 128) -> PushMeasure:
    return PushMeasure(video_bps=video_kbps * 1000, audio_bps=audio_kbps * 1000)


def test_samples_are_told_oldest_first_in_kilobits() -> None:
    meter = Meter()
    for kbps in (2500, 900):
        meter.now = {7: measure(kbps)}
        meter.look()
    assert meter.bitrates.points(7) == [
        BitratePoint(1_000_010, 2500.0, 128.0),
        BitratePoint(1_000_020, 900.0, 128.0),
    ]
    assert meter.bitrates.points(8) == []


def test_an_interruption_shows_as_nothing_and_the_push_goes_on() -> None:
    meter = Meter()
    meter.now = {7: measure(2500)}
    meter.look()
    meter.now = {}
    meter.look(2)
    meter.now = {7: measure(2400)}
    meter.look()
    assert [point.video for point in meter.bitrates.points(7)] == [2500, 0, 0, 2400]


def test_a_push_that_is_over_is_forgotten_after_a_while() -> None:
    meter = Meter()
    meter.now = {7: measure(2500)}
    meter.look()
    meter.now = {}
    meter.look(SILENT - 1)
    assert meter.bitrates.knows(7)
    meter.look()
    assert not meter.bitrates.knows(7)


def test_an_hour_is_kept() -> None:
    meter = Meter()
    for n in range(KEPT + 5):
        meter.now = {7: measure(1000 + n)}
        meter.look()
    points = meter.bitrates.points(7)
    assert len(points) == KEPT
    assert (points[0].video, points[-1].video) == (1005, 1000 + KEPT + 4)
    assert points[-1].at - points[0].at == (KEPT - 1) * SAMPLE_S
