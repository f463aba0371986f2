"""When Python's collector looks for garbage."""

import gc
import weakref

import pytest

from airhook.core import garbage


class Cycle:
    def __init__(self):
        self.me = self


@pytest.fixture(autouse=True)
def _collector():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def cycle():
    return weakref.ref(Cycle())


def test_a_start_is_not_looked_through_and_what_comes_later_is():
    garbage.begin()
    gc.collect()
    early = cycle()
    made: list[list[int]] = [[] for _ in range(100_000)]
    assert early() is not None, "nobody has looked"
    garbage.settle()
    assert early() is None
    assert gc.get_freeze_count() > len(made)
    late = cycle()
    made += [[] for _ in range(3 * garbage.YOUNG)]
    assert late() is None
