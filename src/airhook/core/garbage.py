"""Rare and short pauses for Python's garbage collector.

What a start has made (modules, the configuration) stays until the end. Without this the collector looks through it
again and again: 30 to 60 ms in which nobody is answered. Reference counts free what is no cycle, as before.
"""

import gc

YOUNG = 2_000  # allocations between two looks at the youngest: Python's 700 are one at every fifth request


def settle() -> None:
    """Leave what there is now out of every later collection. Call it when the start is over."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
