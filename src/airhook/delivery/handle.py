"""An easy handle of libcurl: its options, and what its current request receives (design D6).

No redirects, no decompression, no proxy, no credentials from the surroundings; each address is judged again when its
socket is opened (design D7).
"""

import os
import socket
import ssl
from collections.abc import Callable, Iterable

import pycurl

from airhook.core.deliveries import ErrorClass, Timings
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.ports import AddressPolicy
from airhook.delivery import request
from airhook.delivery.classify import classify
from airhook.delivery.exchange import (
    KEEP_BODY,
    KEEP_HEAD,
    KEEP_HEADERS,
    READ_BODY_MAX,
    Answer,
    Post,
    header,
    is_final,
)

READ_BYTES = 1024
"""At once: libcurl reads ten times as many of each connection that has more, at every event of any."""

KEEP_ADDRESSES_S = 60  # of a host that is not called any more
NEVER = -1

_NO_SOCKET: int = pycurl.SOCKET_BAD
# CURLOPT_SUPPRESS_CONNECT_HEADERS, which pycurl has no name for: a proxy's own answer is not the receiver's.
_SUPPRESS_CONNECT_HEADERS = 265


class Handle:
    """An easy handle with what its current request has received so far."""

    def __init__(
        self,
        policy: AddressPolicy,
        on_head: Callable[["Handle"], None],
        proxy: str,
        trusted: Iterable[tuple[int, str]],
    ) -> None:
        """``trusted``: options that ``trust`` gave; looking for them costs more than all the rest."""
        self.tag: object = None
        self.own = False  # made for one template's requests
        self._extra = False  # carries headers beside the usual ones
        self._proxied = bool(proxy)
        self._policy = policy
        self._on_head = on_head
        self._refusal: str | None = None
        self._lack: OSError | None = None  # of this machine: no socket could be made
        self.curl = curl = pycurl.Curl()
        for option, value in (
            (pycurl.POST, 1),
            (pycurl.HTTPHEADER, _lines(())),
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROXY, proxy),  # "" also shuts out the environment's,
            (pycurl.NOPROXY, ""),  # whose NO_PROXY would lead past ours
            (_SUPPRESS_CONNECT_HEADERS, 1),
            (pycurl.NETRC, pycurl.NETRC_IGNORED),
            (pycurl.DNS_CACHE_TIMEOUT, NEVER),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.HTTP_CONTENT_DECODING, 0),
            (pycurl.BUFFERSIZE, READ_BYTES),
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
            (pycurl.WRITEFUNCTION, self._on_body),
            (pycurl.HEADERFUNCTION, self._on_header),
            (pycurl.OPENSOCKETFUNCTION, self._on_open),
            *trusted,
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
        self._refusal = self._lack = None
        self._head: list[bytes] = []
        self._head_size = 0
        self._status: int | None = None
        self._complete = False
        self._body: list[bytes] = []
        self._body_size = 0

    def forget_addresses(self, *, old: bool) -> None:
        """Whether libcurl looks through all the addresses that it keeps, for old ones, when the request ends.

        Every host that was called is among them, so a request after which it does costs by their number.
        """
        self.curl.setopt(pycurl.DNS_CACHE_TIMEOUT, KEEP_ADDRESSES_S if old else NEVER)

    def answer(self, code: int, message: str) -> Answer:
        """What has come; once the head is complete, ``code`` does not matter any more."""
        get = self.curl.getinfo
        connect = get(pycurl.CONNECT_TIME_T)
        encrypt = get(pycurl.APPCONNECT_TIME_T) if self._https else 0
        timings = Timings(
            dns_ms=0,
            connect_ms=_ms(connect),
            tls_ms=_ms(encrypt),
            first_byte_ms=_ms(get(pycurl.STARTTRANSFER_TIME_T)),
            total_ms=get(pycurl.TOTAL_TIME_T) / 1000,
        )
        error: ErrorClass | None = None
        detail = ""
        if not self._complete:
            self._status = None
            error, detail = self._why(code, message, connected=connect > 0, encrypted=encrypt > 0)
        return Answer(
            status=self._status,
            headers=[*map(header, self._head)] if self._complete else [],
            body=b"".join(self._body)[:KEEP_BODY],
            remote_addr=get(pycurl.PRIMARY_IP),
            timings=timings,
            error=error,
            detail=detail,
        )

    def _why(self, code: int, message: str, *, connected: bool, encrypted: bool) -> tuple[ErrorClass, str]:
        if self._refusal is not None:
            return ErrorClass.ADDRESS_REFUSED, self._refusal
        if self._lack is not None:
            # Of a class that opens circuits: what waits meanwhile spends no attempts.
            return (
                ErrorClass.CONNECT_FAILED,
                f"no socket could be made on this machine: {self._lack.strerror}",
            )
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
            return self._socket(family, kind, protocol)  # to the proxy, which the operator has named
        refusal = self._policy.refused(peer[0]) if family in (socket.AF_INET, socket.AF_INET6) else "not IP"
        if refusal is not None:
            self._refusal = refusal
            return _NO_SOCKET
        self._refusal = None  # another address of the same name may do
        return self._socket(family, kind, protocol)

    def _socket(self, family: int, kind: int, protocol: int) -> "int | _Socket":
        try:
            return _Socket(family, kind, protocol)
        except OSError as error:  # raised, it would be told on stderr and taken for the receiver's refusal
            self._lack = error
            return _NO_SOCKET

    def _on_header(self, line: bytes) -> int | None:
        if self._complete:
            return None  # a trailer
        if line.startswith(b"HTTP/"):
            if self._status is not None:  # in the same head
                return -1
            self._head.clear()
            self._head_size = 0
            self._status = _status(line)
            return -1 if self._status is None else None
        if line in (b"\r\n", b"\n"):
            if self._status is not None and is_final(self._status):
                self._complete = True
                self._on_head(self)
            else:
                self._status = None
        elif len(self._head) < KEEP_HEADERS and self._head_size + len(line) <= KEEP_HEAD:
            self._head.append(line)
            self._head_size += len(line)
        return None

    def _on_body(self, data: bytes) -> int | None:
        if self._body_size < KEEP_BODY:
            self._body.append(data[:KEEP_BODY])
        self._body_size += len(data)
        return -1 if self._body_size > READ_BODY_MAX else None


class _Socket:
    """A fresh socket for pycurl, which takes a copy of ``fileno()``; ours is closed with this object.

    Raises ``OSError`` when there is none to have.
    """

    _fd = -1

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        self._fd = socket.socket(family, kind, protocol).detach()

    def fileno(self) -> int:
        return self._fd

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)


def _status(line: bytes) -> int | None:
    """Of three digits; libcurl looks at no more than these and would take 2000 for 200."""
    parts = line.split(None, 2)
    return int(parts[1]) if len(parts) > 1 and len(parts[1]) == 3 and parts[1].isdigit() else None


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _lines(extra: request.Headers) -> list[str]:
    """All headers of a request as libcurl takes them; it must not ask for leave first (Expect)."""
    return ["Expect:", *(f"{name}: {value}" for name, value in request.with_ours(extra))]


def _ms(microseconds: int) -> float | None:
    return microseconds / 1000 if microseconds > 0 else None


def trust() -> list[tuple[int, str]]:
    """Where the system keeps the certificates it trusts; the wheel's libcurl does not know."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return [(pycurl.CAINFO, paths.cafile)]
    return [(pycurl.CAPATH, paths.capath)] if paths.capath else []
