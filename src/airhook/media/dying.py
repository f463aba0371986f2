"""How a worker ends itself when it cannot go on: the node starts another, which repairs what this one leaves."""

import asyncio
import contextlib
import os
from typing import Any, NoReturn

MEMORY_STATUS = 70
STUCK_STATUS = 71


def die_of_memory() -> NoReturn:
    """Memory that is not there now is there for a fresh process."""
    die(
        MEMORY_STATUS,
        "its memory is at the limit (media.worker_memory_mb); its streams go on in another worker",
    )


def die(status: int, why: str) -> NoReturn:
    """``why`` comes into the node's log."""
    with contextlib.suppress(Exception):
        os.write(2, f"{why}\n".encode())
    os._exit(status)


def judge(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The event loop's handler of errors that nobody caught, such as those of its callbacks."""
    if isinstance(context.get("exception"), MemoryError):
        die_of_memory()
    loop.default_exception_handler(context)
