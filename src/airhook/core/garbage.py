"""Rare and short pauses for Python's garbage collector.

What a start has made (modules, the configuration) stays until the end. Without this the collector looks through it
again and again: a tenth of every start, and later 30 to 60 ms in which nobody is answered. Reference counts free what
is no cycle, as before.
"""

import gc

STARTING = 500_000  # allocations between two looks at the youngest while modules are imported: nearly all of them stay
YOUNG = 2_000  # and afterwards: Python's 700 are one at every fifth request


def begin() -> None:
    """Look seldom until ``settle``. Call it before what is large is imported."""
    gc.set_threshold(STARTING, *gc.get_threshold()[1:])


def settle() -> None:
    """Leave what there is now out of every later collection. Call it when the start is over."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
