"""An application behind a real HTTP server on a free port, and a small browser to ask it with."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from airhook.web.at_once import AtOnce
from airhook.web.server import HttpServer

STOPPED_WITHIN_S = 30
CHUNK = 65_536


@contextlib.contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Serve ``app``; gives "127.0.0.1:port"."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, proxy_headers=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="http-server")
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(STOPPED_WITHIN_S)
        assert not thread.is_alive()
        listener.close()


@contextlib.contextmanager
def serve_port(app: ASGIApp, at_once: Mapping[str, AtOnce]) -> Iterator[str]:
    """Serve as ``airhook serve`` does; gives "127.0.0.1:port"."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    loop = uvloop.new_event_loop()
    server = HttpServer(app, at_once=at_once)
    thread = threading.Thread(target=loop.run_forever, name="http-port")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(listener), loop).result(STOPPED_WITHIN_S)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(STOPPED_WITHIN_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOPPED_WITHIN_S)
        loop.close()


class Switch:
    """An application that is another one from test to test, so that one server does for all of them."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.address = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@contextlib.contextmanager
def serve_switch() -> Iterator[Switch]:
    switch = Switch()
    with serve(switch) as switch.address:
        yield switch


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


def grow(address: str, path: str, size: int, **headers: str) -> Answer:
    """POST chunks of ``size`` bytes in all, and wait for the answer before the end is sent.

    A server that has had enough closes; what is sent after that would reset the connection, and the answer with it.
    """
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.putrequest("POST", path)
    for name, value in {"Transfer-Encoding": "chunked", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        for start in range(0, size, CHUNK):
            chunk = b" " * min(CHUNK, size - start)
            connection.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Browser:
    """Keeps cookies, and says where its forms come from, as browsers do. Follows no redirects."""

    def __init__(self, address: str, **headers: str) -> None:
        self.address = address
        self.headers = headers
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self.address}"}
        return self.ask("POST", path, urlencode(fields or {}).encode(), {**form, **headers})

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask once. Names of headers are written with ``_`` for ``-``; an empty value leaves one out."""
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        sent |= {**self.headers, **(headers or {})}
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            given = {name.replace("_", "-"): value for name, value in sent.items() if value}
            connection.request(method, path, body, given)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        for cookie in answer.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer
