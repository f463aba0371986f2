"""A publisher's timestamps, made fit for files: counting on over the wrap of 32 bits, and never going back.

All times are milliseconds. Audio and video share one offset, so that they stay together when both jump.
"""

from typing import NamedTuple

WRAP = 1 << 32
JUMP_MS = 10_000  # forward, from the packet before: a gap that nobody means
BACK_MS = 1_000  # backward: more than what audio and video are apart
STEP_MS = 40  # what a jump becomes

AUDIO_JUMP, VIDEO_JUMP = -8, -9  # contract 2.9
VIDEO_ILLEGAL, AUDIO_ILLEGAL = -11, -24
AUDIO_STILL, VIDEO_STILL = -22, -23


class Placed(NamedTuple):
    ms: int  # since the first packet; for each kind, larger than that of the packet before
    fault: int  # 0: none


class Timeline:
    def __init__(self) -> None:
        self._last_in: int | None = None
        self._offset = 0
        self._latest = -STEP_MS
        self._last = {True: -1, False: -1}
        self._asked: dict[bool, int | None] = {True: None, False: None}  # where the last one wanted to be

    def place(self, timestamp: int, *, video: bool) -> Placed:
        """Where a packet with this decoding time (modulo 2**32) belongs."""
        fault = 0
        if self._last_in is None:
            self._offset = self._latest + STEP_MS - timestamp
        else:
            step = (timestamp - self._last_in + WRAP // 2) % WRAP - WRAP // 2
            if timestamp - self._last_in != step:  # it wrapped
                self._offset += step - (timestamp - self._last_in)
            if step > JUMP_MS or step < -BACK_MS:
                fault = VIDEO_JUMP if video else AUDIO_JUMP
                self._offset = self._latest + STEP_MS - timestamp
        self._last_in = timestamp
        ms = timestamp + self._offset
        asked, self._asked[video] = self._asked[video], ms
        if ms <= self._last[video]:
            fault = fault or _fault_of(video=video, is_still=ms == asked)
            ms = self._last[video] + 1
        self._last[video] = ms
        self._latest = max(self._latest, ms)
        return Placed(ms, fault)

    def interrupt(self) -> None:
        """Another input follows, with timestamps of its own."""
        self._last_in = None
        self._asked = {True: None, False: None}


def _fault_of(*, video: bool, is_still: bool) -> int:
    if is_still:
        return VIDEO_STILL if video else AUDIO_STILL
    return VIDEO_ILLEGAL if video else AUDIO_ILLEGAL
