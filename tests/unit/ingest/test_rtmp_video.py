"""Sequence headers of real encoders, and damaged ones."""

import random
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.ingest.sps import Size
from airhook.ingest.video import is_sequence_header, size_in_header
from support import rtmp_bytes as raw
from support.publishers import newest_ffmpeg

FLV_HEADER_BYTES = 13
TAG_HEADER_BYTES = 11
VIDEO_TAG = 9

X264 = "-c:v libx264 -preset ultrafast"
X265 = "-c:v libx265 -preset ultrafast -x265-params log-level=0"
AOM = "-c:v libaom-av1 -usage realtime -cpu-used 8"


@pytest.mark.parametrize(
    ("size", "encoder", "codec"),
    [
        pytest.param("640x360", f"{X264} -profile:v baseline", 0x17, id="h264 baseline, cropped rows"),
        pytest.param("1920x1080", f"{X264} -profile:v high", 0x17, id="h264 high, 1088 rows cropped to 1080"),
        pytest.param("854x480", X264, 0x17, id="h264, cropped columns"),
        pytest.param("317x211", f"{X264} -pix_fmt yuv444p", 0x17, id="h264 4:4:4, odd size"),
        pytest.param("322x242", f"{X264} -pix_fmt yuv422p", 0x17, id="h264 4:2:2"),
        pytest.param("322x242", f"{X264} -pix_fmt gray", 0x17, id="h264 without colour"),
        pytest.param("320x180", f"{X264} -pix_fmt yuv420p10le", 0x17, id="h264 10 bits"),
        pytest.param(
            "720x572", f"{X264} -flags +ildct+ilme -x264-params interlaced=1", 0x17, id="h264 interlaced"
        ),
        pytest.param("640x360", "-c:v libopenh264", 0x17, id="h264 of another encoder"),
        pytest.param("1280x720", X265, 0x90, id="hevc"),
        pytest.param("318x178", X265, 0x90, id="hevc, cropped"),
        pytest.param("322x181", f"{X265} -pix_fmt yuv444p", 0x90, id="hevc 4:4:4"),
        pytest.param("320x180", f"{X265}:temporal-layers=3", 0x90, id="hevc with sub-layers"),
        pytest.param(
            "320x192", "-c:v libkvazaar -kvazaar-params preset=ultrafast", 0x90, id="hevc of another encoder"
        ),
        pytest.param("322x182", AOM, 0x90, id="av1"),
        pytest.param(
            "320x180", "-c:v libsvtav1 -preset 12 -svtav1-params lp=1", 0x90, id="av1 of another encoder"
        ),
    ],
)  # fmt: skip
def test_the_size_that_an_encoder_wrote(size: str, encoder: str, codec: int) -> None:
    tag = sequence_header(size, encoder)
    assert tag[0] == codec
    assert is_sequence_header(tag)
    assert size_in_header(tag) == Size(*map(int, size.split("x")))


def test_a_header_without_a_size_is_a_header() -> None:
    tag = sequence_header("320x180", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8")
    assert is_sequence_header(tag)
    assert size_in_header(tag) is None


def test_hevc_under_its_old_codec_number() -> None:
    enhanced = sequence_header("320x180", X265)
    assert size_in_header(b"\x1c\0\0\0\0" + enhanced[5:]) == Size(320, 180)


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x17\0\0\0", id="cut short"),
        pytest.param(raw.AVC_FRAME, id="an h264 frame"),
        pytest.param(b"\x17\2\0\0\0", id="h264 end of sequence"),
        pytest.param(b"\x57\0\0\0\0", id="a command frame"),
        pytest.param(b"\x22\0\0\0\0", id="Sorenson, which has no header"),
        pytest.param(b"\x91hvc1" + bytes(20), id="an enhanced frame"),
        pytest.param(b"\xd0hvc1" + bytes(20), id="an enhanced command frame"),
    ],
)
def test_other_tags_are_no_headers(tag: bytes) -> None:
    assert not is_sequence_header(tag)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"", id="empty, as libaom's first one"),
        pytest.param(b"\1\x42\0\x1e\xff\xe0\0", id="no parameter sets"),
        pytest.param(b"\1\x42\0\x1e\xff\xe1\0\x09\x67\x42\0\x1e" + bytes(5), id="nothing but zeros"),
        pytest.param(b"\1\x42\0\x1e\xff\xe1\0\4\x67\x42\0\x1e", id="a parameter set cut short"),
    ],
)
def test_a_header_that_cannot_be_read_gives_no_size(record: bytes) -> None:
    tag = b"\x17\0\0\0\0" + record
    assert is_sequence_header(tag)
    assert size_in_header(tag) is None


@given(
    start=st.sampled_from([b"\x17\0\0\0\0\1\x64\0\x1f\xff\xe1\0\x20\x67", b"\x90hvc1" + bytes(22) + b"\1\x21\0\1\0\x30\x42\1",
                           b"\x90av01\x81\0\0\0\x0a\x0b", b"\x90avc1", b"\x90vp09", b"\x1c\0\0\0\0"]),
    rest=st.binary(max_size=120),
)  # fmt: skip
@settings(max_examples=400, deadline=None, derandomize=True)
def test_damaged_headers_give_a_sensible_size_or_none(start: bytes, rest: bytes) -> None:
    size = size_in_header(start + rest)
    assert size is None or (0 < size.width <= 65_535 and 0 < size.height <= 65_535)


def test_each_bit_of_a_real_header_may_be_wrong() -> None:
    chance = random.Random(5)
    for tag in (raw.AVC_HEADER, sequence_header("318x178", X265), sequence_header("322x182", AOM)):
        for bit in range(5 * 8, len(tag) * 8):
            damaged = bytearray(tag)
            damaged[bit // 8] ^= 1 << bit % 8
            size_in_header(damaged[: chance.randrange(5, len(tag) + 1)])
            size_in_header(damaged)


def sequence_header(size: str, encoder: str) -> bytes:
    """The first header in a real encoder's FLV that is not empty, as libaom's first one is."""
    source = ["-f", "lavfi", "-i", f"testsrc=size={size}:rate=5", "-frames:v", "2"]
    command = [
        newest_ffmpeg(),
        "-v",
        "fatal",
        *source,
        "-pix_fmt",
        "yuv420p",
        *encoder.split(),
        "-f",
        "flv",
        "-",
    ]
    flv = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20
    ).stdout
    return next(tag for tag in video_tags(flv) if is_sequence_header(tag) and len(tag) > 5)


def video_tags(flv: bytes) -> Iterator[bytes]:
    at = FLV_HEADER_BYTES
    while at < len(flv):
        start = at + TAG_HEADER_BYTES
        end = start + int.from_bytes(flv[at + 1 : at + 4], "big")
        if flv[at] == VIDEO_TAG:
            yield flv[start:end]
        at = end + 4
