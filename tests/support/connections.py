"""An HTTP server on a socket of its own, and raw connections to it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

from airhook.web.server import HttpServer

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def connections(
    server: HttpServer, stops_within_s: float
) -> AsyncIterator[Callable[..., Awaitable[Connection]]]:
    """Gives what opens a connection to the server, and sends something at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    await server.start(listener)
    writers = []

    async def connect(sent: bytes = b"") -> Connection:
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writers.append(writer)
        writer.write(sent)
        return reader, writer

    try:
        yield connect
    finally:
        await asyncio.wait_for(server.stop(), stops_within_s)
        for writer in writers:
            writer.close()
