"""Requests over libcurl: ``CurlMulti.socket_action`` on an epoll of our own, in one thread (design D6).

The status decides: once the head of the final answer is in, the body is read to 64 KiB or for two seconds (for a moment
only while receivers flood), then the connection is dropped and the answer stands.

Each call between libcurl or the kernel and us has to wait for the interpreter, which other threads want, too. So libcurl
is asked for its next time-out, once a turn, instead of telling each change, and a socket that epoll has told of is armed
again only when libcurl waits for more.

A template with certificates of its own, or with HTTP/2, gets an easy handle for each request that no other request
uses. libcurl keeps its connections and lends them to requests with the very same certificates only.
"""

import select
import time
from collections import OrderedDict
from collections.abc import Callable

import pycurl

from airhook.core.ports import AddressPolicy
from airhook.delivery.exchange import (
    BUSY_TURN_S,
    ENDED_AT_ONCE,
    READ_BODY_BUSY_S,
    READ_BODY_S,
    SELECT_MAX_S,
    Answer,
    Post,
)
from airhook.delivery.handle import Handle, trust

KEPT_CONNECTIONS = 1024
IDLE_HANDLES = 256
FORGET_EVERY_S = 60.0  # addresses of hosts that are not called any more

_EPOLL_MASK = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class CurlSender:
    """Belongs to one thread. ``done(tag, answer)`` is called inside ``poll`` for each request that ended."""

    def __init__(
        self,
        policy: AddressPolicy,
        done: Callable[[object, Answer], None],
        proxy: str = "",
    ) -> None:
        self._done = done
        self._policy = policy
        self._proxy = proxy
        self._trusted = trust()
        self._epoll = select.epoll()
        self._masks: dict[int, int] = {}  # what libcurl waits for
        self._armed: set[int] = set()  # sockets of these that epoll will tell of
        self._met: set[int] = set()  # numbers that epoll has known, of sockets that may be closed by now
        self._ended_more = 0  # requests that have ended and are not collected yet
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_MAXCONNECTS, KEPT_CONNECTIONS)
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_NOTHING)
        self._forget_at = 0.0
        self._forgetting: Handle | None = None  # libcurl looks for old addresses when its request ends
        self._idle: list[Handle] = []
        self._open: dict[pycurl.Curl, Handle] = {}
        self._reading: OrderedDict[Handle, float] = OrderedDict()  # head is in; until when the body is read

    @property
    def open(self) -> int:
        return len(self._open)

    def start(self, post: Post, tag: object) -> None:
        """Send ``post``. Raises ``pycurl.error`` when libcurl does not even take it; nothing is open then."""
        own = post.options is not None and post.options.own_connection
        fresh = own or not self._idle
        handle = self._new_handle() if fresh else self._idle.pop()
        if own:
            assert post.options is not None
            handle.make_own(post.options)
            if post.options.http2:  # from then on; it costs every request a little
                self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        handle.prepare(post, tag)
        now = time.monotonic()
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY_S
            self._forgetting = handle
            handle.forget_addresses(old=True)
        self._multi.add_handle(handle.curl)
        self._open[handle.curl] = handle

    def fileno(self) -> int:
        """It can be read when ``poll`` has something to do."""
        return self._epoll.fileno()

    def poll(self, timeout_s: float) -> None:
        """Wait for sockets or timers and let the requests go on."""
        began = time.thread_time()
        for fd, events in self._epoll.poll(min(timeout_s, self.patience()) if timeout_s else 0):
            self._go_on(fd, events)
        if self._multi.timeout() == 0:
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        busy = time.thread_time() - began > BUSY_TURN_S
        self._collect()
        if self._reading:
            self._end_bodies(busy=busy)

    def patience(self) -> float:
        """Seconds until ``poll`` has something to do that no socket tells."""
        if self._ended_more:
            return 0
        until = SELECT_MAX_S
        timer_ms = self._multi.timeout()
        if timer_ms >= 0:
            until = min(until, timer_ms / 1000)
        if self._reading:
            until = min(until, next(iter(self._reading.values())) - time.monotonic())
        return max(until, 0)

    def close(self) -> None:
        """Drop what is open, unfinished, and every kept connection."""
        for handle in list(self._open.values()):
            self._multi.remove_handle(handle.curl)
            handle.curl.close()
        self._open.clear()
        for handle in self._idle:
            handle.curl.close()
        self._idle.clear()
        self._multi.close()
        self._epoll.close()

    def _new_handle(self) -> Handle:
        return Handle(self._policy, self._on_head, self._proxy, self._trusted)

    def _go_on(self, fd: int, events: int) -> None:
        self._armed.discard(fd)
        self._multi.socket_action(fd, _curl_mask(events))
        mask = self._masks.get(fd)
        if mask is not None and fd not in self._armed:  # it waits for more of the same
            self._arm(fd, mask)

    def _end_bodies(self, *, busy: bool) -> None:
        """Let go of answers whose status is known and whose body was read for long enough."""
        until = time.monotonic()
        if busy:
            until += READ_BODY_S - READ_BODY_BUSY_S
        while self._reading and next(iter(self._reading.values())) <= until:
            self._end(next(iter(self._reading)), 0, "")

    def _collect(self) -> None:
        self._ended_more, good, bad = self._multi.info_read(ENDED_AT_ONCE)
        for curl in good:
            self._end(self._open[curl], 0, "")
        for curl, code, message in bad:
            self._end(self._open[curl], code, message)

    def _end(self, handle: Handle, code: int, message: str) -> None:
        self._reading.pop(handle, None)
        del self._open[handle.curl]
        answer = handle.answer(code, message)
        tag = handle.tag
        self._multi.remove_handle(handle.curl)
        handle.tag = None
        if handle is self._forgetting:
            self._forgetting = None
            handle.forget_addresses(old=False)
        if len(self._idle) < IDLE_HANDLES and not handle.own:
            self._idle.append(handle)
        else:
            handle.curl.close()
        self._done(tag, answer)

    def _on_head(self, handle: Handle) -> None:
        self._reading[handle] = time.monotonic() + READ_BODY_S

    def _on_socket(self, what: int, fd: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            self._masks.pop(fd, None)
            if fd in self._armed:
                self._armed.remove(fd)
                self._forget(fd)
            return
        self._masks[fd] = mask = _EPOLL_MASK.get(what, 0)
        self._arm(fd, mask)

    def _arm(self, fd: int, mask: int) -> None:
        """Let epoll tell once of the socket. It forgets those that are closed; only it knows which are."""
        self._armed.add(fd)
        if fd not in self._met:
            self._met.add(fd)
            self._epoll.register(fd, mask | select.EPOLLONESHOT)
            return
        try:
            self._epoll.modify(fd, mask | select.EPOLLONESHOT)
        except FileNotFoundError:
            self._epoll.register(fd, mask | select.EPOLLONESHOT)

    def _forget(self, fd: int) -> None:
        self._met.discard(fd)
        try:
            self._epoll.unregister(fd)
        except OSError:  # closed already: the kernel has forgotten it by itself
            return


def _curl_mask(events: int) -> int:
    mask = 0
    if events & (select.EPOLLIN | select.EPOLLHUP):
        mask |= pycurl.CSELECT_IN
    if events & select.EPOLLOUT:
        mask |= pycurl.CSELECT_OUT
    if events & select.EPOLLERR:
        mask |= pycurl.CSELECT_ERR
    return mask
