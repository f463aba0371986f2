"""A real HTTP receiver on a loopback address (127.0.0.1) with switchable answers.

::

    with Receiver() as receiver:
        receiver.answer(500, times=1)            # the first request fails, the rest get the standing answer
        receiver.answer(path="/hung", never=True)
        ...
        receiver.wait_for(2)
        assert receiver.json_bodies()[0]["event_type"] == 1
"""

import asyncio
import contextlib
import dataclasses
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

CHUNK = 65536


@dataclasses.dataclass(frozen=True)
class Request:
    """One request as it came in. ``at`` is UNIX seconds when its body was complete."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: float
    connection: int  # counts from 1, so that reuse of a connection shows
    client: str = ""  # name in the certificate of the client, if it was asked for one
    head: bytes = b""  # exactly what came before the body

    def json(self) -> dict[str, Any]:
        body = json.loads(self.body)
        assert isinstance(body, dict)
        return body


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a request gets. The special ways are tried in the order in which they stand here."""

    status: int = 200
    body: bytes = b'{"code":0}'
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0
    held: threading.Event | None = None  # answer when it is set
    never: bool = False  # read the request, then keep silent
    reset: bool = False  # TCP reset instead of an answer
    hang_up: bool = False  # close without a byte
    raw: bytes | None = None  # exactly these bytes, then close
    byte_every_s: float | None = None  # send the body a byte at a time
    endless: bool = False  # a body that never ends
    then_close: bool = False  # close after the answer without having said so


class Receiver:
    """A context manager. With ``tls`` it speaks HTTPS."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.host = host
        self.port = port
        self._tls = tls
        self._standing: dict[str | None, Answer] = {None: Answer()}
        self._next: dict[str | None, list[Answer]] = {}
        self._arrived = threading.Condition(threading.RLock())
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30), "the receiver did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive(), "the receiver did not stop"

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def answer(
        self,
        status: int = 200,
        body: bytes = b'{"code":0}',
        *,
        path: str | None = None,
        times: int | None = None,
        **ways: Any,
    ) -> None:
        """Answer so from now on: every path, or one; for good, or for the next ``times`` requests.

        ``ways`` are the other fields of ``Answer``. A path is compared without its query.
        """
        made = Answer(status=status, body=body, **ways)
        with self._arrived:
            if times is None:
                self._standing[path] = made
            else:
                self._next.setdefault(path, []).extend([made] * times)

    def wait_for(self, count: int, timeout_s: float = 30, *, path: str | None = None) -> list[Request]:
        """The requests (of one path, without its query), once there are ``count``; fails after ``timeout_s``."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self._of(path)) >= count, timeout_s)
            found = self._of(path)
        assert came, f"{len(found)} of {count} requests arrived within {timeout_s} s"
        return found

    def wait_until(self, done: Callable[[], bool], timeout_s: float = 30) -> None:
        """Wait until ``done`` says so; it is asked again after each request. Fails after ``timeout_s``."""
        with self._arrived:
            came = self._arrived.wait_for(done, timeout_s)
            found = len(self.requests)
        assert came, f"not within {timeout_s} s; {found} requests arrived"

    def json_bodies(self, path: str | None = None) -> list[dict[str, Any]]:
        with self._arrived:
            return [request.json() for request in self._of(path)]

    def _of(self, path: str | None) -> list[Request]:
        return [r for r in self.requests if path is None or r.path.partition("?")[0] == path]

    def _answer_for(self, path: str) -> Answer:
        for key in (path, None):
            if self._next.get(key):
                return self._next[key].pop(0)
        return self._standing.get(path, self._standing[None])

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(
            self._connected, self.host, self.port, ssl=self._tls, backlog=1024, limit=1 << 20
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # One turn, so that closed transports let go of their sockets.
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._talk(reader, writer, self.connections)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            if self._stop.is_set():
                writer.transport.abort()  # over TLS nobody may be there to say goodbye to
            writer.close()
            with contextlib.suppress(ConnectionError, OSError, asyncio.CancelledError):
                await asyncio.wait_for(writer.wait_closed(), 1)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while True:
            request = await self._read(reader, number)
            request = dataclasses.replace(request, client=_client(writer))
            with self._arrived:
                answer = self._answer_for(request.path.partition("?")[0])
                self.requests.append(request)
                self._arrived.notify_all()
            if not await self._reply(answer, writer):
                return

    async def _read(self, reader: asyncio.StreamReader, number: int) -> Request:
        raw = await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, path, headers, body, time.time(), number, head=raw)

    async def _reply(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        await asyncio.sleep(answer.delay_s)
        while answer.held and not answer.held.is_set():
            await asyncio.sleep(0.005)
        if answer.never:
            await asyncio.Event().wait()
        if answer.reset:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        if answer.hang_up:
            return False
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
            return False
        writer.write(_head(answer))
        await _send_body(answer, writer)
        return not answer.then_close


def _client(writer: asyncio.StreamWriter) -> str:
    certificate = writer.get_extra_info("peercert") or {}
    names = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    return "".join(names)


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} Whatever"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if not answer.endless:
        lines.append(f"Content-Length: {len(answer.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _send_body(answer: Answer, writer: asyncio.StreamWriter) -> None:
    if answer.endless:
        while True:
            writer.write(b"x" * CHUNK)
            await writer.drain()
    if answer.byte_every_s is None:
        writer.write(answer.body)
        await writer.drain()
        return
    for at in range(len(answer.body)):
        writer.write(answer.body[at : at + 1])
        await writer.drain()
        await asyncio.sleep(answer.byte_every_s)
