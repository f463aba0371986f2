"""A whole server in this process, whose wall clock a test can move."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from airhook.config import load
from airhook.core.clock import SystemClock
from airhook.runtime.server import Server
from support.server import AirhookServer

READY_WITHIN_S = 60


@contextmanager
def movable(setup: AirhookServer, offset_ms: int = 0) -> Iterator[SystemClock]:
    """Serve the folder that ``setup`` made; gives the server's clock, whose ``offset_ms`` may be changed. It begins at that."""
    settings = load(None, setup.environment())
    ready, loops, stops = threading.Event(), [], []
    server = Server(settings)
    server._clock.offset_ms = offset_ms

    async def serve() -> None:
        over = asyncio.Event()
        loops.append(asyncio.get_running_loop())
        stops.append(over)
        try:
            await server.start()
            ready.set()
            await over.wait()
        finally:
            await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="server")
    thread.start()
    try:
        assert ready.wait(READY_WITHIN_S), "the server does not start"
        assert setup.is_ready()
        yield server._clock
    finally:
        loops[0].call_soon_threadsafe(stops[0].set)
        thread.join(READY_WITHIN_S)
        assert not thread.is_alive(), "the server does not stop"
