"""Requests that are answered without a task of their own: those that callers send thousands of times a second.

A task, its wake-ups and two writes for each answer cost as much as what is asked for. Whoever has a path ``AtOnce`` gets
its small POSTs whole; those he does not take are the application's, like all others.
"""

import functools
import http
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from starlette.types import Scope, Send
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from airhook.web.bounds import BoundedProtocol, Door
from airhook.web.paths import told

WHOLE = "airhook.whole"  # the extension of ASGI by which an application answers in one write

Headers = Sequence[tuple[bytes, bytes]]

log = logging.getLogger("airhook.web")


class Reply(Protocol):
    """Answer a request, once, on the event loop. A caller who has left is none of the answerer's business."""

    def __call__(self, status: int, headers: Headers, body: bytes) -> None: ...


class AtOnce(Protocol):
    """Who answers at a path."""

    def take(self, headers: Headers, body: bytes, reply: Reply) -> bool:
        """Answer a POST now or later; False leaves it to the application, which gets all of it."""
        ...


class AtOnceProtocol(BoundedProtocol):
    """``at_once`` tells who answers at which path; ``door`` bounds connections and requests."""

    def __init__(self, door: Door, at_once: Mapping[str, AtOnce], *args: Any, **options: Any) -> None:
        super().__init__(door, *args, **options)
        self._at_once = at_once
        self._waits: tuple[Any, Any, AtOnce | None] | None = None  # for the rest of its body

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waits is not None and self._waits[2] is None:  # the rest is still to come
            self._begin_waiting()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """A request begins when what came with its head has been read: an application then need not wait for that."""
        self._answering = cycle
        taker = self._at_once.get(cycle.scope["path"])
        if taker is not None and not self._is_small_post(cycle):
            taker = None
        self._waits = (cycle, app, taker)
        if not cycle.more_body or not (taker or self._reads):
            self._begin_waiting()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._begin_waiting()

    def _begin_waiting(self) -> None:
        waits, self._waits = self._waits, None
        if waits is None:
            return
        cycle, app, taker = waits
        if taker is None:
            self._leave(cycle, app)
        else:
            self._offer(cycle, app, taker)

    def _is_small_post(self, cycle: Any) -> bool:
        """Its body fits into what is read without asking, and nothing of an earlier answer waits to be taken."""
        if cycle.scope["method"] != "POST" or cycle.waiting_for_100_continue or self.flow.write_paused:
            return False
        announced = header(cycle.scope["headers"], b"content-length")
        return announced.isdigit() and int(announced) <= HIGH_WATER_LIMIT

    def _offer(self, cycle: Any, app: Any, taker: AtOnce) -> None:
        reply = functools.partial(self._reply, cycle)
        try:
            taken = taker.take(cycle.scope["headers"], bytes(cycle.body), reply)
        except Exception:
            log.exception("%s %s failed", cycle.scope["method"], told(cycle.scope))
            taken = False  # the application says so to the caller, in its own way
        if not taken and not cycle.response_complete:
            self._leave(cycle, app)

    def _leave(self, cycle: Any, app: Any) -> None:
        if not self.flow.write_paused:
            cycle.scope["extensions"] = {WHOLE: functools.partial(self._reply, cycle)}
        super()._start_asgi_task(cycle, app)

    def _reply(self, cycle: Any, status: int, headers: Headers, body: bytes) -> None:
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        lines = [*cycle.default_headers, *headers]
        self.transport.write(_written(status, lines, body, close=not cycle.keep_alive))
        if not cycle.keep_alive:
            self.transport.close()
        if self.pipeline:  # its answer may come at once as well, and so on: not within this one's
            self.loop.call_soon(cycle.on_response)
        else:
            cycle.on_response()


async def send_whole(scope: Scope, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Answer a request to an application: in one write where the server can."""
    if (reply := scope.get("extensions", {}).get(WHOLE)) is not None:
        reply(status, headers, body)
        return
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def header(headers: Headers, name: bytes) -> bytes:
    """The first header of a name, which is in small letters; b"" when there is none."""
    for known, value in headers:
        if known == name:
            return value
    return b""


def _written(status: int, headers: Headers, body: bytes, *, close: bool) -> bytes:
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    end = b"connection: close\r\n\r\n" if close else b"\r\n"
    return b"%b%bcontent-length: %d\r\n%b%b" % (_status_line(status), lines, len(body), end, body)


@functools.cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n".encode()
