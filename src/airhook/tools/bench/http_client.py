"""A caller that costs little beside the server: kept connections, each request in one write."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self, cast

import httptools

from airhook.core.errors import AirhookError


class Connection(asyncio.Protocol):
    """One kept connection with one request at a time."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answered: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_result((self._parser.get_status_code(), bytes(self._body)))
        self._body.clear()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(
                AirhookError(f"the server closed a connection: {exc or 'no answer'}")
            )

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises ``AirhookError`` when the connection is lost."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        self._transport.close()


class Caller:
    """An asynchronous context manager over so many connections, all for one path and with the same ``headers``."""

    def __init__(self, where: str, path: str, headers: Mapping[str, str], connections: int) -> None:
        self._host, _, port = where.rpartition(":")
        self._port = int(port)
        self._count = connections
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._head = f"POST {path} HTTP/1.1\r\nHost: {where}\r\n{lines}Content-Length: ".encode()
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._all: list[Connection] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(self._count):
            _, connection = await loop.create_connection(Connection, self._host.strip("[]"), self._port)
            self._all.append(connection)
            self._free.put_nowait(connection)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._all:
            connection.close()

    async def post(self, body: bytes) -> bytes:
        """The answer's body. Waits for a free connection. Raises ``AirhookError`` for any status but 200."""
        connection = await self._free.get()
        status, answer = await connection.ask(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
        self._free.put_nowait(connection)
        if status != 200:
            raise AirhookError(f"the server answered {status}: {answer[:300].decode(errors='replace')}")
        return answer


async def closed_loop(caller: Caller, bodies: Iterator[bytes], callers: int, seconds: float) -> float:
    """``callers`` post one body after another for ``seconds``; answers a second, until the last one."""
    began = time.monotonic()

    async def call() -> int:
        answered = 0
        while not answered or time.monotonic() < began + seconds:
            await caller.post(next(bodies))
            answered += 1
        return answered

    answered = sum(await asyncio.gather(*(call() for _ in range(callers))))
    return answered / (time.monotonic() - began)


async def open_loop(caller: Caller, bodies: Iterator[bytes], per_s: float, seconds: float) -> list[float]:
    """Post ``per_s`` bodies a second; milliseconds from when each was to go out until its answer."""

    async def call(due: float, body: bytes) -> float:
        await caller.post(body)
        return (time.monotonic() - due) * 1000

    calls: list[asyncio.Task[float]] = []
    began = time.monotonic()
    for at in range(round(per_s * seconds)):
        due = began + at / per_s
        ahead = due - time.monotonic()
        if ahead > 0:
            await asyncio.sleep(ahead)
        calls.append(asyncio.create_task(call(due, next(bodies))))
    return list(await asyncio.gather(*calls))
