"""uvicorn inside a loop of ours: it serves a socket that is bound already, and leaves the signals alone."""

import asyncio
import contextlib
import functools
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from airhook.net.acceptor import Acceptor
from airhook.web.at_once import AtOnce, AtOnceProtocol
from airhook.web.bounds import Door, HttpLimits

CLOSE_WITHIN_S = 3  # open requests at a stop
CANCEL_WITHIN_S = 1  # what goes on after its connection is closed
KEEP_ALIVE_S = 15
TICK_S = 1.0


class HttpServer:
    """``start`` returns when it accepts connections. ``at_once``: who answers at which path without the application."""

    def __init__(
        self, app: ASGIApp, limits: HttpLimits | None = None, at_once: Mapping[str, AtOnce] | None = None
    ) -> None:
        protocol = functools.partial(AtOnceProtocol, Door(limits or HttpLimits()), at_once or {})
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
        self._server.end()
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=CLOSE_WITHIN_S)
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        await self._task


class _QuietServer(uvicorn.Server):
    """Leaves the signals alone, and looks once a second at the date for its answers: uvicorn wakes ten times for that."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._over = asyncio.Event()
        self._acceptor: Acceptor | None = None

    def end(self) -> None:
        self.should_exit = True
        self._over.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but for who accepts."""
        await self.lifespan.startup()
        self.servers = []
        self._acceptor = Acceptor("HTTP", sockets or [], self._make_protocol)
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_opened()  # so that they hear of the stop like all others
        await super().shutdown(sockets)

    def _make_protocol(self) -> asyncio.Protocol:
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def main_loop(self) -> None:
        while not self._over.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), TICK_S)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
