"""What is noticed of a push that goes wrong (contract 2.8), and what of a sound one is not."""

import pytest

from airhook.core.facts.push import Abnormality
from airhook.ingest.chunks import Message
from airhook.ingest.messages import AUDIO, VIDEO
from airhook.ingest.watch import AGAIN_S, INTERVAL_S, Watch

AVC_HEADER = bytes.fromhex("170000000001640028ffe1")
KEY = bytes.fromhex("170100000000000001aa")
INTER = bytes.fromhex("270100000000000001bb")
AAC_HEADER = bytes.fromhex("af001210")
AAC = bytes.fromhex("af0121")
HEVC_HEADER = b"\x90hvc1" + b"\0" * 8
HEVC = b"\x91hvc1" + b"\0" * 8
AV1_HEADER = b"\x90av01" + b"\0" * 4


class Push:
    """A push under watch; ``now`` moves by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.told: list[Abnormality] = []
        self.batches = 0
        self.watch = Watch(self.now, self._hear)

    def _hear(self, kinds: list[Abnormality]) -> None:
        self.batches += 1
        self.told += kinds

    def video(self, stamp: int, body: bytes = INTER) -> None:
        self.watch.take(Message(VIDEO, 1, stamp, bytearray(body)), self.now, round(self.now * 1000))

    def audio(self, stamp: int, body: bytes = AAC) -> None:
        self.watch.take(Message(AUDIO, 1, stamp, bytearray(body)), self.now, round(self.now * 1000))

    def open(self) -> None:
        self.video(0, AVC_HEADER)
        self.audio(0, AAC_HEADER)

    def play(
        self, seconds: float, *, start_ms: int = 0, fps: int = 25, audio: bool = True, video: bool = True
    ) -> int:
        """A sound stream from ``start_ms`` on; gives where it ends."""
        for n in range(round(seconds * 25)):
            self.now += 0.04
            stamp = start_ms + n * 40
            if video and n % max(1, 25 // fps) == 0:
                self.video(stamp, KEY if n % 50 == 0 else INTER)
            if audio:
                self.audio(stamp)
        return start_ms + round(seconds * 1000)

    def end(self) -> dict[int, Abnormality]:
        self.watch.end(self.now)
        return {one.type: one for one in self.told}


def test_a_sound_push_is_told_nothing_of():
    push = Push()
    push.open()
    push.watch.announce(25)
    push.play(60)
    assert push.end() == {}


def test_a_wrap_of_the_timestamps_is_no_step_back():
    push = Push()
    push.open()
    push.play(1, start_ms=(1 << 32) - 1000)
    push.video(0, KEY)
    push.audio(0)
    assert push.end() == {}


@pytest.mark.parametrize(
    ("kind", "spoil", "text"),
    [
        (1, lambda push, end: push.video(end - 500), "video timestamp goes back, last=1960, now=1500(msec)"),
        (2, lambda push, end: push.audio(end - 500), "audio timestamp goes back, last=1960, now=1500(msec)"),
        (3, lambda push, end: push.video(end + 1500), "video timestamp jumps, interval=1540(msec)"),
        (4, lambda push, end: push.audio(end + 1500), "audio timestamp jumps, interval=1540(msec)"),
        (8, lambda push, end: push.video(end, HEVC_HEADER), "video codec changed, now video hvc1"),
        (9, lambda push, end: push.audio(end, b"\x2f\x01"), "audio codec changed, now audio 2"),
        (10, lambda push, end: push.video(end, HEVC), "video frame before any codec header"),
        (12, lambda push, end: push.audio(end + 300), "audio frames far apart, interval=340(msec)"),
        (13, lambda push, end: push.video(end, AV1_HEADER), "uncommon codec, video av01"),
        (14, lambda push, end: push.watch.bad_header(1), "video header cannot be parsed"),
    ],
)
def test_each_fault_is_told_under_its_number(kind, spoil, text):
    push = Push()
    push.open()
    end = push.play(2)
    spoil(push, end)
    seen = push.end()[kind]
    assert (seen.count, [one.desc for one in seen.detail]) == (1, [text])


def test_large_chunks_are_told_once_for_each_size():
    push = Push()
    push.open()
    for n in range(3):
        push.watch.take(Message(AUDIO, 1, n * 23, bytearray(AAC)), push.now, 1, 60_000)
    assert [one.desc for one in push.end()[5].detail] == ["chunk size 60000 bigger than 8192"]


def test_chunks_of_8192_bytes_are_no_large_ones():
    push = Push()
    push.open()
    push.watch.take(Message(AUDIO, 1, 23, bytearray(AAC)), push.now, 1, 8192)
    assert push.end() == {}


def test_audio_before_its_header_is_told_from_the_first_frame_on():
    push = Push()
    push.audio(0)
    assert push.end()[11].count == 1


def test_a_pause_of_both_is_a_gap_of_both_with_its_length():
    push = Push()
    push.open()
    end = push.play(2)
    push.now += 3.4
    push.play(0.2, start_ms=end)
    seen = push.end()
    assert [one.desc for one in seen[6].detail] == [
        "video frame arrive interval too long, interval=3440(msec)"
    ]
    assert [one.desc for one in seen[7].detail] == [
        "audio frame arrive interval too long, interval=3440(msec)"
    ]
    assert set(seen) == {6, 7}


def test_video_that_stays_away_while_audio_goes_on_is_told_before_it_is_back():
    push = Push()
    push.open()
    end = push.play(2)
    push.play(AGAIN_S + 12, start_ms=end, video=False)
    assert [(one.type, one.count) for one in push.told] == [(6, 1)]


def test_a_kind_that_was_promised_and_never_comes_is_told():
    push = Push()
    push.open()
    push.watch.announce(25, video=True, audio=True)
    push.play(20, audio=False)
    assert [(one.type, one.count) for one in push.told] == [(7, 1)]


def test_a_kind_that_nobody_promised_is_not_missed():
    push = Push()
    push.open()
    push.watch.announce(25, video=True)
    push.play(20, audio=False)
    assert push.end() == {}


def test_a_frame_rate_that_falls_to_a_third_is_told():
    push = Push()
    push.open()
    end = push.play(2 * INTERVAL_S)
    push.play(2 * INTERVAL_S, start_ms=end, fps=8)
    seen = push.end()
    assert seen[15].detail[0].desc.startswith("video frame rate too low, fps=8.")
    assert set(seen) == {15}


def test_a_stream_that_was_always_slow_has_no_low_rate():
    push = Push()
    push.open()
    push.play(6 * INTERVAL_S, fps=5)
    assert push.end() == {}


def test_a_group_of_pictures_without_end_is_told_once():
    push = Push()
    push.open()
    push.video(0, KEY)
    for n in range(1, 500):
        push.now += 0.04
        push.video(n * 40)
    seen = push.end()
    assert (set(seen), seen[16].count) == ({16}, 1)


def test_a_kind_is_told_at_most_once_a_minute_and_nothing_is_left_out():
    push = Push()
    push.open()
    end = push.play(2)
    back = 0
    while push.now < 1000 + AGAIN_S + 12:
        push.video(end + 80)
        push.video(end)  # 80 ms back
        back += 1
        end = push.play(2, start_ms=end + 40)
    told = [one for one in push.told if one.type == 1]
    assert len(told) == 2
    assert sum(one.count for one in told) <= back
    assert told[1].count > 20  # of the minute between
    assert all(len(one.detail) <= 10 for one in told)
