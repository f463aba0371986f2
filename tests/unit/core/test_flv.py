"""FLV tags as bytes, and what they say of themselves."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airhook.core import flv
from airhook.core.flv import Coded, Tag, TagReader

tags = st.builds(
    Tag,
    st.sampled_from([flv.AUDIO, flv.VIDEO, flv.SCRIPT]),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=300),
)


@given(st.lists(tags, max_size=8), st.integers(1, 50))
def test_what_is_written_is_read_however_it_is_cut(written, step):
    data = flv.file_header() + b"".join(flv.tag_bytes(*tag) for tag in written)
    reader = TagReader()
    read = [tag for at in range(0, len(data), step) for tag in reader.feed(data[at : at + step])]
    assert read == written


@given(st.binary(max_size=400))
def test_other_bytes_raise_nothing_but_the_named_error(data):
    with contextlib.suppress(ValueError):
        list(TagReader().feed(data))


def test_without_a_file_header_nothing_is_read():
    with pytest.raises(ValueError, match="no FLV header"):
        list(TagReader().feed(flv.tag_bytes(flv.AUDIO, 0, b"123456789")))


@pytest.mark.parametrize(
    ("body", "coded"),
    [
        (b"\x17\x01\x00\x00\x50data", Coded("h264", True, 5, 80)),
        (b"\x27\x01\xff\xff\xffdata", Coded("h264", False, 5, -1)),  # presentation before decoding
        (b"\x17\x00\x00\x00\x00conf", None),  # the codec's configuration
        (b"\x17\x02\x00\x00\x00", None),  # the end of the sequence
        (b"\x1c\x01\x00\x00\x00data", Coded("hevc", True, 5, 0)),  # a habit older than enhanced RTMP
        (b"\x91hvc1\x00\x00\x50data", Coded("hevc", True, 8, 80)),
        (b"\xa3hvc1data", Coded("hevc", False, 5, 0)),  # without a shift
        (b"\x90hvc1conf", None),
        (b"\x91av01data", Coded("av1", True, 5, 0)),
        (b"\x94hvc1meta", None),
        (b"\x91none\x00\x00\x00data", None),
        (b"\x17", None),
        (b"", None),
    ],
)
def test_where_a_picture_lies(body, coded):
    assert flv.coded_video(body) == coded


@pytest.mark.parametrize(
    ("body", "coded"),
    [
        (b"\xaf\x01data", Coded("aac", True, 2, 0)),
        (b"\xaf\x00\x12\x10", None),
        (b"\x2fdata", Coded("mp3", True, 1, 0)),
        (b"\x91Opusdata", Coded("opus", True, 5, 0)),
        (b"\x90Opusconf", None),
        (b"\x5fdata", None),  # Nellymoser
        (b"", None),
    ],
)
def test_where_a_sound_lies(body, coded):
    assert flv.coded_audio(body) == coded


def test_headers_and_key_frames():
    assert flv.is_video_header(b"\x17\x00\x00\x00\x00conf")
    assert flv.is_video_header(b"\x90hvc1conf")
    assert not flv.is_video_header(b"\x17\x01\x00\x00\x00data")
    assert not flv.is_video_header(b"\x57\x00\x00\x00\x00")  # a command, without a picture
    assert flv.is_audio_header(b"\xaf\x00\x12\x10")
    assert not flv.is_audio_header(b"\xaf\x01data")
    assert not flv.is_audio_header(b"\x2f\x00data")  # MP3 has none
    assert flv.is_video_key(b"\x17\x01\x00\x00\x00")
    assert flv.is_video_key(b"\x91hvc1")
    assert not flv.is_video_key(b"\x27\x01\x00\x00\x00")
