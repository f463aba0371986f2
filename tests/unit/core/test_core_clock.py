"""Ids grow with time, whatever the clock does, and start at random in each millisecond."""

import pytest

from airhook.core.clock import IdMaker, ms_of_id

MS = 1_767_268_800_000


class Hands:
    """A clock whose hands are moved, and chance that is known."""

    def __init__(self) -> None:
        self.ms = MS
        self.drawn: list[int] = []

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        raise AssertionError("ids are of the wall clock")

    def randbits(self, bits: int) -> int:
        self.drawn.append(bits)
        return 1000 * len(self.drawn)


@pytest.fixture(name="hands")
def _hands():
    return Hands()


@pytest.fixture(name="ids")
def _ids(hands):
    return IdMaker(hands, hands.randbits)


def test_ids_of_one_millisecond_count_up_from_a_random_start(hands, ids):
    first = ids()
    assert (ms_of_id(first), first % 2**21) == (MS, 1000)
    assert [ids(), ids()] == [first + 1, first + 2]
    assert hands.drawn == [20]  # so that there is room to count, however it falls


def test_each_millisecond_starts_anew(hands, ids):
    ids()
    hands.ms += 1
    second = ids()
    assert (ms_of_id(second), second % 2**21) == (MS + 1, 2000)


def test_ids_grow_when_the_clock_goes_back(hands, ids):
    before = ids()
    hands.ms -= 60_000
    assert ids() == before + 1
    hands.ms += 60_001
    assert ms_of_id(ids()) == MS + 1


def test_ids_begin_after_what_is_known(hands, ids):
    known = (MS + 5000) << 21
    ids.begin_after(known)
    assert ids() == known + 1
    ids.begin_after(known - 1)
    assert ids() == known + 2
    hands.ms += 5001
    assert ms_of_id(ids()) == MS + 5001
