"""POST requests over libcurl: ``CurlMulti.socket_action`` on an epoll of our own, in one thread (design D6).

The status decides: once the head of the final answer is in, the body is read to 64 KiB or for two seconds, then the
connection is dropped and the answer stands. No redirects, no decompression, no proxy, no credentials from the
surroundings; each address is judged again when its socket is opened (design D7).

A template with certificates of its own, or with HTTP/2, gets an easy handle for each request that no other request
uses. libcurl keeps its connections and lends them to requests with the very same certificates only.
"""

import os
import select
import socket
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable

import msgspec
import pycurl

from airhook.core.deliveries import ErrorClass, Timings
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.ports import AddressPolicy
from airhook.delivery import request
from airhook.delivery.classify import classify
from airhook.delivery.targets import Target

KEEP_BODY = 4096  # bytes of an answer's body that are kept
READ_BODY_MAX = 65_536  # bytes of an answer's body that are read
READ_BODY_S = 2.0
KEEP_HEADERS = 100  # lines
KEPT_CONNECTIONS = 1024
IDLE_HANDLES = 256
ENDED_AT_ONCE = 64  # requests: hundreds that time out together must not hold up the others
SELECT_MAX_S = 1.0  # a turn of the loop takes no longer, so that a jump of the wall clock is noticed

_NO_SOCKET: int = pycurl.SOCKET_BAD
# CURLOPT_SUPPRESS_CONNECT_HEADERS, which pycurl has no name for: a proxy's own answer is not the receiver's.
_SUPPRESS_CONNECT_HEADERS = 265
_EPOLL_MASK = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``addresses``: those of the target's host that are allowed, at least one."""

    target: Target
    body: bytes
    addresses: tuple[str, ...]
    timeout_ms: int
    headers: tuple[tuple[str, str], ...] = ()  # beside those of every callback
    options: DeliveryOptions | None = None  # of the template


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: a status, or why there is none. ``timings.dns_ms`` is not known here."""

    status: int | None
    headers: list[tuple[str, str]]
    body: bytes
    remote_addr: str
    timings: Timings
    error: ErrorClass | None = None
    detail: str = ""


class Sender:
    """Belongs to one thread. ``done(tag, answer)`` is called inside ``poll`` for each request that ended."""

    def __init__(
        self,
        policy: AddressPolicy,
        done: Callable[[object, Answer], None],
        wake_fd: int,
        proxy: str = "",
    ) -> None:
        self._done = done
        self._policy = policy
        self._proxy = proxy
        self._epoll = select.epoll()
        self._epoll.register(wake_fd, select.EPOLLIN)
        self._wake_fd = wake_fd
        self._masks: dict[int, int] = {}
        self._timer_at: float | None = None
        self._ended_more = 0  # requests that have ended and are not collected yet
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, KEPT_CONNECTIONS)
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_NOTHING)
        self._idle: list[_Handle] = []
        self._open: dict[pycurl.Curl, _Handle] = {}
        self._reading: OrderedDict[_Handle, float] = OrderedDict()  # head is in; until when the body is read

    @property
    def open(self) -> int:
        return len(self._open)

    def start(self, post: Post, tag: object) -> None:
        """Send ``post``. Raises ``pycurl.error`` when libcurl does not even take it; nothing is open then."""
        own = post.options is not None and post.options.own_connection
        fresh = own or not self._idle
        handle = _Handle(self._policy, self._on_head, self._proxy) if fresh else self._idle.pop()
        if own:
            assert post.options is not None
            handle.make_own(post.options)
            if post.options.http2:  # from then on; it costs every request a little
                self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        handle.prepare(post, tag)
        self._multi.add_handle(handle.curl)
        self._open[handle.curl] = handle

    def poll(self, timeout_s: float) -> None:
        """Wait for sockets, timers or the wake-up and let the requests go on."""
        for fd, events in self._epoll.poll(self._patience(timeout_s)):
            if fd != self._wake_fd:
                self._multi.socket_action(fd, _curl_mask(events))
        now = time.monotonic()
        if self._timer_at is not None and now >= self._timer_at:
            self._timer_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()
        while self._reading and next(iter(self._reading.values())) <= now:
            self._end(next(iter(self._reading)), 0, "")

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

    def _patience(self, timeout_s: float) -> float:
        if self._ended_more:
            return 0
        until = min(timeout_s, SELECT_MAX_S)
        now = time.monotonic()
        if self._timer_at is not None:
            until = min(until, self._timer_at - now)
        if self._reading:
            until = min(until, next(iter(self._reading.values())) - now)
        return max(until, 0)

    def _collect(self) -> None:
        self._ended_more, good, bad = self._multi.info_read(ENDED_AT_ONCE)
        for curl in good:
            self._end(self._open[curl], 0, "")
        for curl, code, message in bad:
            self._end(self._open[curl], code, message)

    def _end(self, handle: "_Handle", code: int, message: str) -> None:
        self._reading.pop(handle, None)
        del self._open[handle.curl]
        answer = handle.answer(code, message)
        tag = handle.tag
        self._multi.remove_handle(handle.curl)
        handle.tag = None
        if len(self._idle) < IDLE_HANDLES and not handle.own:
            self._idle.append(handle)
        else:
            handle.curl.close()
        self._done(tag, answer)

    def _on_head(self, handle: "_Handle") -> None:
        self._reading[handle] = time.monotonic() + READ_BODY_S

    def _on_timer(self, timeout_ms: int) -> None:
        self._timer_at = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000

    def _on_socket(self, what: int, fd: int, _multi: object, _data: object) -> None:
        known = self._masks.pop(fd, None)
        if what == pycurl.POLL_REMOVE:
            if known is not None:
                self._forget(fd)
            return
        mask = self._masks[fd] = _EPOLL_MASK.get(what, 0)
        if known is None:
            self._epoll.register(fd, mask)
        elif known != mask:
            self._epoll.modify(fd, mask)

    def _forget(self, fd: int) -> None:
        try:
            self._epoll.unregister(fd)
        except OSError:  # closed already: the kernel has forgotten it by itself
            return


class _Handle:
    """An easy handle with what its current request has received so far."""

    def __init__(self, policy: AddressPolicy, on_head: Callable[["_Handle"], None], proxy: str) -> None:
        self.tag: object = None
        self.own = False  # made for one template's requests
        self._extra = False  # carries headers beside the usual ones
        self._proxied = bool(proxy)
        self._policy = policy
        self._on_head = on_head
        self._refusal: str | None = None
        self.curl = curl = pycurl.Curl()
        for option, value in (
            (pycurl.POST, 1),
            (pycurl.HTTPHEADER, _lines(())),
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROXY, proxy),  # "" also shuts out the environment's
            (_SUPPRESS_CONNECT_HEADERS, 1),
            (pycurl.NETRC, pycurl.NETRC_IGNORED),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.HTTP_CONTENT_DECODING, 0),
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
            (pycurl.WRITEFUNCTION, self._on_body),
            (pycurl.HEADERFUNCTION, self._on_header),
            (pycurl.OPENSOCKETFUNCTION, self._on_open),
            *_trust(),
        ):
            curl.setopt(option, value)

    def make_own(self, options: DeliveryOptions) -> None:
        self.own = True
        curl = self.curl
        if options.http2:
            curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        if not options.ca_pem and not options.client_cert_pem:
            return
        # A resumed TLS session would carry the certificate of the request that began it.
        curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
        if options.ca_pem:
            curl.unsetopt(pycurl.CAINFO)
            curl.unsetopt(pycurl.CAPATH)  # by libcurl's documents it would count beside the blob
            curl.setopt(pycurl.CAINFO_BLOB, options.ca_pem.encode())
        if options.client_cert_pem:
            curl.setopt(pycurl.SSLCERT_BLOB, options.client_cert_pem.encode())
            curl.setopt(pycurl.SSLKEY_BLOB, options.client_key_pem.encode())

    def prepare(self, post: Post, tag: object) -> None:
        curl = self.curl
        target = post.target
        if post.headers or self._extra:
            curl.setopt(pycurl.HTTPHEADER, _lines(post.headers))
            self._extra = bool(post.headers)
        curl.setopt(pycurl.URL, target.url)
        curl.setopt(pycurl.POSTFIELDS, post.body)
        curl.setopt(pycurl.TIMEOUT_MS, post.timeout_ms)
        if self._proxied:
            # The proxy is told the judged address, not the name: it must not resolve anew (design D7).
            curl.setopt(pycurl.CONNECT_TO, [f"::{_bracketed(post.addresses[0])}:{target.port}"])
        elif not target.literal:
            # "+" lets the entry age, so that libcurl's table does not grow with every name ever called.
            curl.setopt(pycurl.RESOLVE, [f"+{target.host}:{target.port}:{','.join(post.addresses)}"])
        self.tag = tag
        self._https = target.scheme == "https"
        self._refusal = None
        self._head: list[bytes] = []
        self._status: int | None = None
        self._complete = False
        self._body: list[bytes] = []
        self._body_size = 0

    def answer(self, code: int, message: str) -> Answer:
        """What has come; once the head is complete, ``code`` does not matter any more."""
        get = self.curl.getinfo
        connect, encrypt = get(pycurl.CONNECT_TIME), get(pycurl.APPCONNECT_TIME)
        timings = Timings(
            connect_ms=_ms(connect),
            tls_ms=_ms(encrypt),
            first_byte_ms=_ms(get(pycurl.STARTTRANSFER_TIME)),
            total_ms=round(get(pycurl.TOTAL_TIME) * 1000, 3),
        )
        error: ErrorClass | None = None
        detail = ""
        if not self._complete:
            self._status = None
            error, detail = self._why(code, message, connected=connect > 0, encrypted=encrypt > 0)
        return Answer(
            status=self._status,
            headers=_headers(self._head) if self._complete else [],
            body=b"".join(self._body)[:KEEP_BODY],
            remote_addr=get(pycurl.PRIMARY_IP),
            timings=timings,
            error=error,
            detail=detail,
        )

    def _why(self, code: int, message: str, *, connected: bool, encrypted: bool) -> tuple[ErrorClass, str]:
        if self._refusal is not None:
            return ErrorClass.ADDRESS_REFUSED, self._refusal
        return classify(
            code,
            message,
            os_errno=self.curl.getinfo(pycurl.OS_ERRNO),
            connected=connected,
            encrypted=encrypted,
            https=self._https,
        )

    def _on_open(self, _purpose: int, address: tuple[int, int, int, tuple[str, int]]) -> "int | _Socket":
        family, kind, protocol, peer = address
        if self._proxied:
            return _Socket(family, kind, protocol)  # to the proxy, which the operator has named
        refusal = self._policy.refused(peer[0]) if family in (socket.AF_INET, socket.AF_INET6) else "not IP"
        if refusal is not None:
            self._refusal = refusal
            return _NO_SOCKET
        self._refusal = None  # another address of the same name may do
        return _Socket(family, kind, protocol)

    def _on_header(self, line: bytes) -> None:
        if self._complete:
            return  # a trailer
        if line.startswith(b"HTTP/"):
            self._head.clear()
            self._status = _status(line)
        elif line in (b"\r\n", b"\n"):
            if self._status is not None and self._status >= 200:
                self._complete = True
                self._on_head(self)
        elif len(self._head) < KEEP_HEADERS:
            self._head.append(line)

    def _on_body(self, data: bytes) -> int | None:
        if self._body_size < KEEP_BODY:
            self._body.append(data[:KEEP_BODY])
        self._body_size += len(data)
        return -1 if self._body_size > READ_BODY_MAX else None


class _Socket:
    """A fresh socket for pycurl, which takes a copy of ``fileno()``; ours is closed with this object."""

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        self._fd = socket.socket(family, kind, protocol).detach()

    def fileno(self) -> int:
        return self._fd

    def __del__(self) -> None:
        os.close(self._fd)


def _curl_mask(events: int) -> int:
    mask = 0
    if events & (select.EPOLLIN | select.EPOLLHUP):
        mask |= pycurl.CSELECT_IN
    if events & select.EPOLLOUT:
        mask |= pycurl.CSELECT_OUT
    if events & select.EPOLLERR:
        mask |= pycurl.CSELECT_ERR
    return mask


def _status(line: bytes) -> int | None:
    parts = line.split(None, 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _headers(lines: list[bytes]) -> list[tuple[str, str]]:
    split = (line.decode("latin-1").partition(":") for line in lines)
    return [(name.strip(), value.strip()) for name, _, value in split]


def _lines(extra: request.Headers) -> list[str]:
    """All headers of a request as libcurl takes them; it must not ask for leave first (Expect)."""
    return ["Expect:", *(f"{name}: {value}" for name, value in request.with_ours(extra))]


def _ms(seconds: float) -> float | None:
    return round(seconds * 1000, 3) if seconds > 0 else None


def _trust() -> list[tuple[int, str]]:
    """Where the system keeps the certificates it trusts; the wheel's libcurl does not know."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return [(pycurl.CAINFO, paths.cafile)]
    return [(pycurl.CAPATH, paths.capath)] if paths.capath else []
