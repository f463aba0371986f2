"""Tests start the program in other folders: where Python finds it must not depend on the working folder.

Files with few slow tests come first: begun last, one of them would keep one worker busy while the others have nothing
left to do. ``--no-loadscope-reorder`` keeps pytest-xdist to this order.
"""

import os
import signal
from pathlib import Path

import pytest

SLOW_FIRST = (
    "e2e",
    "faults",
    "fuzz",
    "unit/tools",
    "unit/cli/test_cli_serve.py",
    "unit/media",
    "unit/sources",
)
_HERE = Path(__file__).parent

if "PYTHONPATH" in os.environ:
    parts = filter(None, os.environ["PYTHONPATH"].split(os.pathsep))
    os.environ["PYTHONPATH"] = os.pathsep.join(str(Path(part).resolve()) for part in parts)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So does a shell start what runs in the background, and children inherit it; tests interrupt theirs.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """A file's place; within one, and among those of the same place, the order stays."""
    where = item.path.relative_to(_HERE).as_posix()
    turns = (turn for turn, slow in enumerate(SLOW_FIRST) if where == slow or where.startswith(f"{slow}/"))
    return next(turns, len(SLOW_FIRST))
