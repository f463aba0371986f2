"""The receiver itself: HTTP/1.1 on one port, every POST is a callback.

::

    async with Listener("127.0.0.1", 0, key="...", on_callback=print) as listener:
        ... listener.url ...
        await listener.wait_for(2)
"""

import asyncio
import collections
import http
import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httptools
import msgspec

from airhook import verify
from airhook.core.errors import AirhookError

MAX_BODY = 4 * 1024 * 1024  # bytes
KEPT = 10_000  # callbacks in memory; older ones are forgotten
BACKLOG = 1024  # connections that wait to be accepted

_SIGNATURE = {verify.OK: "ok", verify.BAD_SIGNATURE: "bad", verify.EXPIRED: "bad"}


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """One POST as it came in. ``at`` is UNIX seconds; ``body`` is the decoded JSON, or the text if it is none."""

    at: float
    path: str
    headers: dict[str, str]  # names in lower case
    body: Any
    signature: str  # "ok", "bad" or "none": nothing to judge
    reason: str  # of ``airhook.verify``, or "no_key"

    def record(self) -> dict[str, Any]:
        """What ``airhook listen --json`` prints of it; the names are fixed for scripts."""
        return {field: getattr(self, field) for field in ("at", "path", "headers", "body", "signature")}


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """How the receiver behaves. With ``fail_first`` the first ones get ``status`` (500), the others 200."""

    status: int = 200
    delay_s: float = 0
    hang: bool = False  # never answer
    fail_first: int = 0

    def status_of(self, number: int) -> int:
        """The status that the ``number``-th callback gets, counted from 1."""
        if not self.fail_first:
            return self.status
        return 200 if number > self.fail_first else (self.status if self.status != 200 else 500)


class Listener:
    """A receiver on ``host`` and ``port`` (0: any free one); an asynchronous context manager.

    ``on_callback`` hears of each callback when it has arrived, before it is answered. Entering raises
    ``AirhookError`` when the port cannot be had.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        key: str | None = None,
        answers: Answers | None = None,
        on_callback: Callable[[Callback], None] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.callbacks: collections.deque[Callback] = collections.deque(maxlen=KEPT)
        self.counts = collections.Counter[str]()  # by signature
        self.done = 0  # answered, or left without an answer on purpose
        self.key = key
        self._answers = answers or Answers()
        self._on_callback = on_callback
        self._came = asyncio.Condition()
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: _Connection(self), self.host, self.port, backlog=BACKLOG
            )
        except OSError as error:
            raise AirhookError(_why_not(self.host, self.port, error)) from None
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def wait_for(self, count: int) -> None:
        """Return once ``count`` callbacks have arrived and are dealt with."""
        async with self._came:
            await self._came.wait_for(lambda: self.done >= count)

    def arrived(self, connection: "_Connection", path: str, headers: dict[str, str], body: bytes) -> None:
        """A POST is complete: note it, tell of it, and have it answered."""
        callback = judge(self.key, path, headers, body)
        self.callbacks.append(callback)
        self.counts[callback.signature] += 1
        if self._on_callback:
            self._on_callback(callback)
        task = asyncio.ensure_future(self._answer(connection, self.counts.total()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def opened(self, connection: "_Connection") -> None:
        self._connections.add(connection)

    def closed(self, connection: "_Connection") -> None:
        self._connections.discard(connection)

    async def _answer(self, connection: "_Connection", number: int) -> None:
        if not self._answers.hang:
            await asyncio.sleep(self._answers.delay_s)
            connection.answer(self._answers.status_of(number))
        async with self._came:
            self.done += 1
            self._came.notify_all()


class _Connection(asyncio.Protocol):
    """One connection: requests in, short answers out. A client that sends no HTTP is hung up on."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._parser = httptools.HttpRequestParser(self)
        self.on_message_begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._listener.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._listener.closed(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # an offer that is not taken up; the request itself is complete
        except httptools.HttpParserError:
            self.answer(400, last=True)

    def on_message_begin(self) -> None:
        self._path = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > MAX_BODY:
            self.answer(413, last=True)

    def on_message_complete(self) -> None:
        if self._transport.is_closing():
            return
        self._last = not self._parser.should_keep_alive() or self._parser.should_upgrade()
        if self._parser.get_method() != b"POST":
            self.answer(405)
            return
        self._listener.arrived(self, self._path.decode("latin-1"), self._headers, bytes(self._body))

    def answer(self, status: int, *, last: bool = False) -> None:
        """Send a status line with a small JSON body; ``last`` closes the connection behind it."""
        if self._transport.is_closing():
            return
        body = b"" if status in (204, 304) else b'{"code":%d}' % (0 if status == 200 else status)
        head = f"HTTP/1.1 {status} {_phrase(status)}\r\nContent-Type: application/json\r\n"
        if status not in (204, 304):
            head += f"Content-Length: {len(body)}\r\n"
        if 300 <= status < 400:
            head += "Location: /\r\n"
        self._transport.write(head.encode() + b"\r\n" + body)
        if last or self._last:
            self._transport.close()

    _last = False

    def close(self) -> None:
        """Flush what is written, then close."""
        self._transport.close()


def judge(key: str | None, path: str, headers: dict[str, str], body: bytes) -> Callback:
    """Read a callback and check its signature against ``key``."""
    now = time.time()
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        content = body.decode("utf-8", "replace")
    reason = verify.verify(body, key, now).reason if key else "no_key"
    return Callback(
        at=round(now, 3),
        path=path,
        headers=headers,
        body=content,
        signature=_SIGNATURE.get(reason, "none"),
        reason=reason,
    )


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Status"


def _why_not(host: str, port: int, error: OSError) -> str:
    # asyncio wraps the message, so the plain one is looked up again.
    why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    return (
        f"cannot listen on {host} port {port}: {why.lower()}; choose another with --listen {host}:{port + 1}"
    )
