"""Stopping calmly: Ctrl-C, SIGTERM or a closed terminal ask, the command ends by itself."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def send(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Send a signal to a child, unless it has ended.

    Not by the child's own methods: those look first whether it has ended, and so take its exit away from asyncio,
    which then warns of an unknown child and makes up a status.
    """
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)


@contextlib.asynccontextmanager
async def asked_to_stop() -> AsyncIterator[asyncio.Event]:
    """An event that is set when somebody asks, while the block runs."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, asked.set)
    try:
        yield asked
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def first_of(
    work: Coroutine[Any, Any, T], asked: asyncio.Event, timeout_s: float | None = None
) -> T | None:
    """The result of ``work``; None when ``asked`` came first, or the time ran out (``work`` is cancelled then)."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(asked.wait())
    try:
        await asyncio.wait((task, stop), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for one in (task, stop):
            one.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)
