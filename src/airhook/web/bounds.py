"""Bounds of HTTP connections: how many there may be, how long a request may take to come in and its answer to be taken,
how large its head may be.

uvicorn bounds none of them: connections that say or take nothing would stay for ever and use up the files of the process,
those of publishers too; and a head without end is put together anew with every piece, which holds up the whole event loop.
"""

import asyncio
import ipaddress
import logging
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from airhook.observe.seldom import Seldom

HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))

log = logging.getLogger("airhook.web")


class HttpLimits(msgspec.Struct, frozen=True, kw_only=True):
    """``exempt`` networks may have as many connections as there are: this machine, and proxies that stand for others."""

    connections: int = 1024
    connections_per_address: int = 128
    exempt: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK
    head_within_s: float = 10.0
    head_bytes: int = 128 * 1024  # four times the longest query of the cloud API
    body_within_s: float = 30.0
    body_rate: int = 16 * 1024  # bytes a second: a longer body gets more time
    taken_within_s: float = 120.0  # of an answer that waits, so much of it:
    taken_bytes: int = 16 * 1024


class Door:
    """Counts who is in, and tells of those who are turned away: once a second at most, whatever comes."""

    def __init__(self, limits: HttpLimits) -> None:
        self.limits = limits
        self._inside = 0
        self._by_address: Counter[str] = Counter()
        self._told = Seldom(log)

    def enter(self, address: str) -> bool:
        """Count a connection in; False when there are too many."""
        if self._inside >= self.limits.connections:
            self.tell(f"an HTTP connection of {address} was closed: http.max_connections are open")
            return False
        if self._by_address[address] >= self.limits.connections_per_address and not _lies_in(
            address, self.limits.exempt
        ):
            self.tell(
                f"an HTTP connection of {address} was closed: http.max_connections_per_address are open"
            )
            return False
        self._inside += 1
        self._by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._inside -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def tell(self, what: str) -> None:
        self._told.warning(what)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol behind a door, with deadlines for heads, bodies and answers, and an end to heads and trailers."""

    def __init__(self, door: Door, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._door = door
        self._address = ""
        self._inside = False
        self._timer: asyncio.TimerHandle | None = None
        self._due: tuple[float, Callable[[], None]] | None = None  # in so many seconds; what the timer is for
        self._reads = False
        self._changed = False  # since data came: the timer is another one's
        self._body_began = 0.0
        self._body_read = 0
        self._unfinished = 0  # bytes of a head, or of what follows a body, that came so far
        self._taking: asyncio.TimerHandle | None = None
        self._answering: Any = (
            None  # the cycle of the request that is being answered; ``cycle`` is the newest one's
        )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        self._inside = self._door.enter(self._address)
        if not self._inside:
            transport.abort()
            return
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._inside:
            self._inside = False
            self._set_timer()
            if self._answering is not None and not self._answering.response_complete:
                # uvicorn tells only the newest of pipelined requests, and answers of others would go to nobody.
                self._answering.disconnected = True
                self._answering.message_event.set()
            self.resume_writing()
            self._door.leave(self._address)
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._inside:
            return
        self._reads, self._changed = True, False
        if self._due is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        self._unfinished += len(data)
        try:
            super().data_received(data)
        finally:
            self._reads = False
        if self._changed:
            self._start_timer()
        if self._unfinished > self._door.limits.head_bytes:
            self._refuse_head()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._due is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._unfinished = 0
        self._body_began, self._body_read = self.loop.time(), 0
        self._set_timer(self._door.limits.body_within_s, self._judge_body)

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        self._body_read += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unfinished = 0
        self._set_timer()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The caller does not keep up with the answer."""
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def send_400_response(self, msg: str) -> None:
        self._door.tell(f"an HTTP connection of {self._address} was closed: what it sent is no HTTP request")
        super().send_400_response(msg)

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody here speaks another protocol: the request is answered like any other."""

    def shutdown(self) -> None:
        """A stop of the server: nobody waits for the rest of a request."""
        if self.cycle is not None and not self.cycle.response_complete and self.cycle.more_body:
            self.transport.abort()
        else:
            super().shutdown()

    # --- deadlines ---

    def _set_timer(self, after_s: float = 0, then: Callable[[], None] | None = None) -> None:
        """While data are read nothing is due: most requests are whole then, and need no timer."""
        self._due = (after_s, then) if then else None
        self._changed = True
        if not self._reads:
            self._start_timer()

    def _start_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(*self._due) if self._due else None

    def _await_head(self) -> None:
        self._set_timer(self._door.limits.head_within_s, self._judge_head)

    def _judge_head(self) -> None:
        if self.flow.read_paused:  # it is us who do not read
            self._await_head()
        else:
            self._give_up(f"no complete request head came within {self._door.limits.head_within_s:g} s")

    def _judge_body(self) -> None:
        limits = self._door.limits
        allowed_s = limits.body_within_s + self._body_read / limits.body_rate
        left_s = self._body_began + allowed_s - self.loop.time()
        if self.flow.read_paused or left_s > 0:
            self._set_timer(max(left_s, 1.0), self._judge_body)
        else:
            self._give_up(f"a request's body came too slowly: {self._body_read} bytes in {allowed_s:.0f} s")

    def _await_taking(self) -> None:
        waits = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(self._door.limits.taken_within_s, self._judge_taking, waits)

    def _judge_taking(self, waited: int) -> None:
        limits = self._door.limits
        if waited - self.transport.get_write_buffer_size() >= limits.taken_bytes:
            self._await_taking()
        else:
            self._give_up(
                f"its reader took less than {limits.taken_bytes} bytes in {limits.taken_within_s:g} s"
            )

    def _refuse_head(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(HEAD_TOO_LARGE)
        self._give_up(
            f"a request's head is larger than {self._door.limits.head_bytes} bytes", self.transport.close
        )

    def _give_up(self, why: str, end: Callable[[], None] | None = None) -> None:
        self._set_timer()
        self._door.tell(f"an HTTP connection of {self._address} was closed: {why}")
        (end or self.transport.abort)()


def _lies_in(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return True  # no address: not over the network
    mapped = getattr(ip, "ipv4_mapped", None)
    return any((mapped or ip) in network for network in networks)
