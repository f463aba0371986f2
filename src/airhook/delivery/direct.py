"""Requests in plain HTTP/1.1 over sockets of our own: three fifths of what they cost by libcurl, and less waiting.

libcurl lets the interpreter go, and has to wait for it again, some fourteen times in a request; this does so twice. The
rules are the same (design D6): a total deadline over the body, too; one address after another, each judged when it is
connected to; nothing followed or decoded; connections kept. ``sender`` says which requests come here.
"""

import errno
import functools
import heapq
import logging
import os
import socket
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from airhook.core.deliveries import ErrorClass
from airhook.core.ports import AddressPolicy
from airhook.delivery import bigheads, request, sendable
from airhook.delivery.bigheads import BigHeads
from airhook.delivery.call import Call
from airhook.delivery.exchange import (
    ANSWERED_UNREAD,
    ENDED_AT_ONCE,
    READ_BODY_BUSY_S,
    READ_BODY_S,
    Answer,
    Post,
)
from airhook.delivery.http1 import AnswerInvalidError
from airhook.delivery.links import WRITES, Link, Links

log = logging.getLogger("airhook.delivery")

READ_BYTES = 16_384  # of one connection in a turn, so that nobody who sends without end holds up the others
CLASS_MS = 100  # time-outs are gathered so: one that is no multiple of this may end later by so much
_BROKEN_SINCE = (errno.ECONNRESET, errno.EPIPE)  # the connection had come about

Done = Callable[[object, Answer], None]


class DirectSender:
    """Belongs to one thread. ``done(tag, answer)`` is called inside ``ready`` and ``tick`` for each request that ended."""

    def __init__(self, policy: AddressPolicy, done: Done, links: Links) -> None:
        self._policy = policy
        self._done = done
        self._links = links
        self._open: set[Call] = set()
        # Open ones, in the order of their deadlines.
        self._by_timeout: dict[int, OrderedDict[Call, None]] = {}
        self._reading: OrderedDict[Call, float] = OrderedDict()  # head is in; until when the body is read
        self._trying: list[tuple[float, int, Call, Link]] = []  # a heap: when the next address is tried
        self._heads = BigHeads()
        self._failed: deque[tuple[Call, ErrorClass, str]] = deque()  # at once, when they were started

    @property
    def open(self) -> int:
        return len(self._open)

    def start(self, post: Post, tag: object) -> None:
        """Raises ``ValueError`` for headers that would break the request; nothing is open then."""
        try:
            call = Call(post, tag, _request(post))
        except sendable.UrlInvalidError as error:
            call = Call(post, tag, b"")
            self._failed.append((call, ErrorClass.URL_INVALID, str(error)))
        self._open.add(call)
        self._by_timeout.setdefault(_timeout_class(call), OrderedDict())[call] = None
        if call.request:
            self._begin(call)

    def _begin(self, call: Call) -> None:
        link = self._links.kept(call.post.target[1:3], call.post.addresses)
        if link is None:
            self._connect(call)
        elif self._policy.refused(link.address) is not None:
            self._links.close(link)
            self._connect(call)
        else:
            self._take(call, link)
            self._send(call, link)

    def begin_turn(self) -> None:
        """``ready`` is called now for what epoll has just told."""
        self._links.begin_turn()

    def ready(self, fd: int, events: int) -> None:
        """What epoll tells of one of ``links``."""
        link = self._links.find(fd)
        if link is None:
            return  # closed since
        try:
            self._go_on(link, events)
        except Exception as error:  # epoll would tell of it again and again, and perhaps of nobody else
            call = link.call
            if call not in self._open:
                raise  # by whoever was told of its end
            log.exception("A request to %s could not go on", link.address)
            self._end(call, call.failure(ErrorClass.INTERNAL, str(error) or type(error).__name__))

    def _go_on(self, link: Link, events: int) -> None:
        call = link.call
        if call is None:  # nobody has asked it anything: it is closed, or cannot be trusted
            self._links.close(link)
        elif not link.connected:
            self._connected(call, link)
        elif events & ~WRITES:
            self._receive(call, link)
        else:
            self._send(call, link)

    def tick(self, *, busy: bool) -> None:
        """End what has no time left. ``busy``: there is more to be read than anybody can."""
        for _ in range(min(len(self._failed), ENDED_AT_ONCE)):
            call, error, detail = self._failed.popleft()
            if call in self._open:
                self._end(call, call.failure(error, detail))
        now = time.monotonic()
        self._end_bodies(now + READ_BODY_S - READ_BODY_BUSY_S if busy else now)
        while self._trying and self._trying[0][0] <= now:
            _, _, call, link = heapq.heappop(self._trying)
            if call.link is link and not link.connected:
                self._give_up(call, link)
                self._connect(call)
        for late in list(self._by_timeout.values()):
            for _ in range(ENDED_AT_ONCE):
                oldest = next(iter(late), None)
                if oldest is None or oldest.deadline > now:
                    break
                self._time_out(oldest)
        self._links.close_old(now)

    def next_at(self) -> float | None:
        """When ``tick`` has something to do (monotonic seconds)."""
        if self._failed:
            return 0.0
        times = [next(iter(calls)).deadline for calls in self._by_timeout.values()]
        if self._reading:
            times.append(next(iter(self._reading.values())))
        if self._trying:
            times.append(self._trying[0][0])
        return min(times, default=None)

    def close(self) -> None:
        """Drop what is open, unfinished, and every kept connection."""
        self._links.close_all()
        self._open.clear()
        self._by_timeout.clear()
        self._reading.clear()
        self._trying.clear()
        self._failed.clear()

    # --- connecting ---

    def _connect(self, call: Call, error: ErrorClass | None = None, detail: str = "") -> None:
        """Try the next address. ``error``: why the one before failed."""
        post = call.post
        while call.next_address < len(post.addresses):
            address = post.addresses[call.next_address]
            call.next_address += 1
            refusal = self._policy.refused(address)
            if refusal is not None:
                error, detail = ErrorClass.ADDRESS_REFUSED, refusal
                continue
            try:
                link, code = self._links.open(post.target[1:3], address)
            except OSError as lack:  # raised, it would be taken for the receiver's refusal
                error, detail = (
                    ErrorClass.CONNECT_FAILED,
                    f"no socket could be made on this machine: {lack.strerror}",
                )
                continue
            self._take(call, link)
            if code in (0, errno.EINPROGRESS):
                self._try_next_later(call, link)
                return
            error, detail = _connect_error(link, code)
            self._give_up(call, link)
        assert error is not None
        self._failed.append((call, error, detail))

    def _try_next_later(self, call: Call, link: Link) -> None:
        """An address that does not answer may take half of the time that is left, if there is another one."""
        if call.next_address < len(call.post.addresses):
            now = time.monotonic()
            heapq.heappush(self._trying, (now + (call.deadline - now) / 2, id(link), call, link))

    def _connected(self, call: Call, link: Link) -> None:
        code = link.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code and code not in _BROKEN_SINCE:
            error, detail = _connect_error(link, code)
            self._give_up(call, link)
            self._connect(call, error, detail)
            return
        link.connected = True
        call.connect_ms = call.since_ms()
        if code:
            self._cannot_send(call, link, os.strerror(code))
        else:
            self._send(call, link)

    def _take(self, call: Call, link: Link) -> None:
        call.link, link.call = link, call
        call.remote_addr = link.address

    def _give_up(self, call: Call, link: Link) -> None:
        call.link = link.call = None
        self._links.close(link)

    # --- sending and receiving ---

    def _send(self, call: Call, link: Link) -> None:
        if call.unsent:
            try:
                sent = link.sock.send(call.unsent)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                self._cannot_send(call, link, str(error.strerror))
                return
            call.unsent = memoryview(call.unsent)[sent:] if sent < len(call.unsent) else b""
            if call.reader.over and not call.unsent:
                self._end_answered(call)
                return
        self._links.wait_for(link, writing=bool(call.unsent))

    def _cannot_send(self, call: Call, link: Link, why: str) -> None:
        """A receiver that refuses a request unread may have said why, before it broke the connection."""
        call.broken = f"The request could not be sent: {why}"
        if link.used:  # it was broken before; what has come on it is no answer to this request
            self._lost(call, link, ErrorClass.SEND_FAILED, call.broken)
        else:
            self._receive(call, link)

    def _receive(self, call: Call, link: Link) -> None:
        try:
            data = link.sock.recv(READ_BYTES)
        except BlockingIOError:
            if call.broken:
                self._lost(call, link, ErrorClass.SEND_FAILED, call.broken)
            return
        except OSError as error:
            self._lost(call, link, ErrorClass.CONNECTION_RESET, f"The connection broke: {error.strerror}")
            return
        if not data:
            self._closed(call, link)
            return
        reader = call.reader
        if call.first_byte_ms is None:
            call.first_byte_ms = call.since_ms()
        if reader.over:
            return  # what follows the answer, while the rest of the request is sent
        try:
            reader.feed(data)
        except AnswerInvalidError as error:
            self._end(call, call.failure(ErrorClass.ANSWER_INVALID, error.message))
            return
        if reader.over and not call.is_cut:
            self._end_answered(call)
        elif reader.head is None:
            if not self._heads.has_room(call):
                self._end(call, call.failure(ErrorClass.ANSWER_INVALID, bigheads.TOO_MUCH))
        elif call not in self._reading:
            self._reading[call] = time.monotonic() + READ_BODY_S

    def _closed(self, call: Call, link: Link) -> None:
        if call.reader.begun:
            detail = "The connection was closed within the head of the answer"
            self._lost(call, link, ErrorClass.ANSWER_INVALID, detail)
        elif call.broken:
            self._lost(call, link, ErrorClass.SEND_FAILED, call.broken)
        else:
            self._lost(call, link, ErrorClass.EMPTY_ANSWER, "The connection was closed without an answer")

    def _lost(self, call: Call, link: Link, error: ErrorClass, detail: str) -> None:
        """The connection is no more: the status stands, if it came; a kept one that nothing came from had been closed before."""
        if call.reader.head is not None:
            self._end_answered(call)
        elif link.used and call.first_byte_ms is None:
            self._give_up(call, link)
            call.fresh()
            self._connect(call)
        else:
            self._end(call, call.failure(error, detail))

    # --- ending ---

    def _end_bodies(self, until: float) -> None:
        """Let go of answers whose status is known and whose body was read for long enough."""
        while self._reading and next(iter(self._reading.values())) <= until:
            self._end_answered(next(iter(self._reading)))

    def _time_out(self, call: Call) -> None:
        within = f"within {call.post.timeout_ms / 1000:g} s"
        if call.reader.head is not None:
            self._end_answered(call)
        elif call.link is None or call.link.connected:
            self._end(call, call.failure(ErrorClass.TIMEOUT, f"No answer came {within}"))
        else:
            detail = f"{call.remote_addr} port {call.post.target.port} was not reached {within}"
            self._end(call, call.failure(ErrorClass.CONNECT_TIMEOUT, detail))

    def _end_answered(self, call: Call) -> None:
        """Its status stands; but nobody has got a callback that was not sent whole."""
        if call.is_cut:
            self._end(call, call.failure(ErrorClass.SEND_FAILED, ANSWERED_UNREAD))
        else:
            self._end(call, call.answer(), keep=call.reader.keeps and not call.unsent)

    def _end(self, call: Call, answer: Answer, *, keep: bool = False) -> None:
        self._open.remove(call)
        self._reading.pop(call, None)
        self._heads.forget(call)
        timeout_class = _timeout_class(call)
        of_same = self._by_timeout[timeout_class]
        del of_same[call]
        if not of_same:
            del self._by_timeout[timeout_class]
        link, call.link = call.link, None
        if link is not None and keep:
            self._links.keep(link, time.monotonic())
        elif link is not None:
            link.call = None
            self._links.close(link)
        self._done(call.tag, answer)


def _timeout_class(call: Call) -> int:
    return -(-call.post.timeout_ms // CLASS_MS)


def _connect_error(link: Link, code: int) -> tuple[ErrorClass, str]:
    where = f"{link.address} port {link.place[1]}"
    if code == errno.ECONNREFUSED:
        return ErrorClass.CONNECT_REFUSED, f"{where} refused the connection"
    if code == errno.ETIMEDOUT:
        return ErrorClass.CONNECT_TIMEOUT, f"{where} did not answer"
    return ErrorClass.CONNECT_FAILED, f"{where} could not be reached: {os.strerror(code)}"


def _request(post: Post) -> bytes:
    size = len(post.body)
    if post.headers:
        url = post.target.url.decode()
        sendable.check(url)
        sendable.check_headers(post.headers)
        return request.head(url, post.headers, size).encode() + post.body
    return b"%b%d\r\n\r\n%b" % (_usual_head(post.target.url), size, post.body)


@functools.lru_cache(maxsize=4096)
def _usual_head(url: bytes) -> bytes:
    """The head of a callback that its template adds nothing to, up to the size of its body."""
    sendable.check(url.decode())
    return request.head(url.decode(), (), 0).encode().removesuffix(b"0\r\n\r\n")
