"""uvicorn inside a loop of ours: it serves a socket that is bound already, and leaves the signals alone."""

import asyncio
import contextlib
import functools
import logging
import socket
from collections.abc import Iterator
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from airhook.web.bounds import BoundedProtocol, Door, HttpLimits

CLOSE_WITHIN_S = 3  # open requests at a stop
CANCEL_WITHIN_S = 1  # what goes on after its connection is closed
KEEP_ALIVE_S = 15


class HttpServer:
    """``start`` returns when it accepts connections."""

    def __init__(self, app: ASGIApp, limits: HttpLimits | None = None) -> None:
        protocol = functools.partial(BoundedProtocol, Door(limits or HttpLimits()))
        config = uvicorn.Config(
            app,
            http=cast("type[asyncio.Protocol]", protocol),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # the application judges them by http.trusted_proxies
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=CLOSE_WITHIN_S + CANCEL_WITHIN_S,
        )
        # Its starts and stops are told by the runtime, and what strangers send by the door, which counts.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        self._server = _QuietServer(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self, listening: socket.socket) -> None:
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]), name="http")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the HTTP server ended at its start")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Take no new requests, let open ones end, close."""
        self._server.should_exit = True
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=CLOSE_WITHIN_S)
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        await self._task


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
