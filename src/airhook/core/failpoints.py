"""Fail points: named places where a test may kill the process, to prove that nothing is lost there.

Nothing is armed in production; ``hit`` then costs one look at an empty dict.
"""

import os
from collections.abc import Callable

from airhook.core.errors import ConfigError

NAMES = frozenset(
    {
        "delivery.after_send",
        "delivery.before_send",
        "index.before_commit",
        "log.drop",
        "replay.after_commit",
        "replay.before_commit",
        "session.after_admit",
        "session.after_announce",
        "session.after_end",
        "session.before_admit",
        "session.before_announce",
        "session.before_end",
        "writer.after_commit",
        "writer.after_log_commit",
        "writer.before_commit",
    }
)

_armed: dict[str, list[int]] = {}


def arm(spec: str, die: Callable[[], None] | None = None) -> None:
    """Arm the points of ``spec``: names joined by commas, each with ``:n`` to die at the n-th passing.

    Raises ``ConfigError`` for a name that is none: a crash test with a misspelled one would pass without a crash.
    """
    global _die  # noqa: PLW0603 - one process, one way to die
    _die = die or _kill_self
    for item in filter(None, spec.split(",")):
        name, _, count = item.partition(":")
        if name.strip() not in NAMES:
            raise ConfigError(
                f"debug.failpoints: {name.strip()} is no fail point; there are {', '.join(sorted(NAMES))}"
            )
        _armed[name.strip()] = [int(count or 1)]


def disarm() -> None:
    _armed.clear()


def hit(name: str) -> None:
    """Die here when ``name`` is armed and its count is reached."""
    if not _armed:
        return
    left = _armed.get(name)
    if left is not None:
        left[0] -= 1
        if left[0] == 0:
            _die()


def _kill_self() -> None:
    # As kill -9 does: no handlers, no flushing, nothing committed that was not.
    os._exit(137)


_die: Callable[[], None] = _kill_self
