"""What a connection is said to carry: rates over the last seconds, codecs, and what its metadata announced."""

import pytest

from airhook.core.push_ports import PushMeasure
from airhook.ingest.chunks import Message
from airhook.ingest.meter import Meter
from support import rtmp_bytes as raw


def video(payload: bytes) -> Message:
    return Message(raw.VIDEO, 1, 0, bytearray(payload))


def audio(payload: bytes) -> Message:
    return Message(raw.AUDIO, 1, 0, bytearray(payload))


def frame(size: int) -> Message:
    return video(b"\x27\x01".ljust(size, b"\0"))


def sent(meter: Meter, since: float, until: float, fps: int, size: int) -> None:
    for number in range(round((until - since) * fps)):
        meter.take(frame(size), since + number / fps)


def test_rates_are_those_of_the_last_seconds() -> None:
    meter = Meter(100.0)
    sent(meter, 100, 107, 30, 10_000)
    assert abs(meter.measure(107).video_fps - 30) <= 1
    sent(meter, 107, 120, 15, 1000)
    measure = meter.measure(120)
    assert abs(measure.video_fps - 15) <= 1
    assert abs(measure.video_bps - 15 * 8000) <= 8000


def test_nothing_for_a_while_is_a_rate_of_nothing() -> None:
    meter = Meter(100.0)
    sent(meter, 100, 105, 30, 1000)
    assert meter.measure(130).video_fps == 0
    sent(meter, 130, 132, 30, 1000)
    assert 8 <= meter.measure(132).video_fps <= 30


def test_the_first_moment_says_nothing() -> None:
    meter = Meter(100.0)
    meter.take(frame(1000), 100.01)
    assert meter.measure(100.02).video_bps == 0


def test_headers_are_no_frames() -> None:
    meter = Meter(0.0)
    meter.take(video(raw.AVC_HEADER), 0.0)
    meter.take(frame(100), 0.1)
    measure = meter.measure(1.0)
    assert (measure.video_fps, measure.video_codec) == (1, "H264")


@pytest.mark.parametrize(
    ("tag", "codec"),
    [
        pytest.param(b"\x17\x00", "H264", id="avc"),
        pytest.param(b"\x1c\x01", "H265", id="hevc-by-habit"),
        pytest.param(b"\x90hvc1", "H265", id="hevc"),
        pytest.param(b"\x90av01", "AV1", id="av1"),
        pytest.param(b"\x90vp09", "VP9", id="vp9"),
        pytest.param(b"\x90abcd", "", id="unknown-fourcc"),
        pytest.param(b"\x1f", "", id="unknown-number"),
        pytest.param(b"\x90", "", id="cut-off"),
    ],
)
def test_video_codecs(tag: bytes, codec: str) -> None:
    meter = Meter(0.0)
    meter.take(video(tag), 0.0)
    assert meter.measure(1.0).video_codec == codec


@pytest.mark.parametrize(
    ("tag", "codec", "rate"),
    [
        pytest.param(b"\xaf\x00\x12\x10", "AAC", 44_100, id="aac"),
        pytest.param(b"\xaf\x00\x11\x90", "AAC", 48_000, id="aac-48"),
        pytest.param(b"\xaf\x00\x17\x80\x3e\x80\x08", "AAC", 32_000, id="aac-with-its-own-rate"),
        pytest.param(b"\xaf\x01\x21\x10", "AAC", 0, id="aac-without-its-header"),
        pytest.param(b"\xaf\x00\x12", "AAC", 0, id="aac-header-cut-off"),
        pytest.param(b"\x90mp4a\x12\x10", "AAC", 44_100, id="enhanced-aac"),
        pytest.param(b"\x91Opus", "OPUS", 0, id="opus"),
        pytest.param(b"\x2f", "MP3", 44_100, id="mp3"),
        pytest.param(b"\x26", "MP3", 11_025, id="mp3-11"),
    ],
)
def test_audio_codecs(tag: bytes, codec: str, rate: int) -> None:
    meter = Meter(0.0)
    meter.take(audio(tag), 0.0)
    measure = meter.measure(1.0)
    assert (measure.audio_codec, measure.audio_sample_rate) == (codec, rate)


def test_what_metadata_announces() -> None:
    meter = Meter(0.0)
    meter.announce({"videodatarate": 2500.0, "audiodatarate": 128.5, "framerate": 29.97})
    assert meter.measure(1.0) == PushMeasure(meta_video_bps=2_500_000, meta_audio_bps=128_500, meta_fps=30)


def test_nonsense_in_metadata_is_nothing() -> None:
    meter = Meter(0.0)
    meter.announce({"videodatarate": float("inf"), "audiodatarate": -1.0, "framerate": "fast"})
    assert meter.measure(1.0) == PushMeasure()


def test_empty_messages_are_nothing() -> None:
    meter = Meter(0.0)
    meter.take(video(b""), 0.0)
    meter.take(audio(b""), 0.0)
    assert meter.measure(1.0) == PushMeasure()
