"""The request of an attempt, made by pure functions: when it is sent, and again when somebody asks what was sent
(design D12).
"""

import hashlib
import re
import socket
from urllib.parse import quote, urlsplit

import msgspec

from airhook import __version__
from airhook.core import callback_urls
from airhook.core.delivery_options import DeliveryOptions
from airhook.delivery import addresses, signing, targets

Headers = tuple[tuple[str, str], ...]

METHOD = "POST"
OURS: Headers = (("Content-Type", "application/json"), ("User-Agent", f"Airhook/{__version__}"))
"""The headers of every callback, beside those that HTTP itself needs."""

_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """``headers`` are those that the template adds to the ones of every callback."""

    body: bytes
    t: int | None  # None: unsigned
    headers: Headers = ()


def make(
    event_id: str, body: bytes, key: str, options: DeliveryOptions, *, t: int | None, started_ms: int
) -> Request:
    """Sign a planned ``body`` of a template with ``options`` for an attempt that starts at ``started_ms``.

    ``t`` is the one to sign; None: ten minutes from now.
    """
    if not key:
        signed = signing.SignedBody(signing.unsigned(body), None)
    else:
        signed = signing.sign(body, key, started_ms if t is None else (t - signing.LIFE_S) * 1000)
    headers = options.headers
    if secrets := options.webhook_secrets_at(started_ms):
        headers += signing.webhook_headers(event_id, started_ms, signed.body, secrets)
    return Request(body=signed.body, t=signed.t, headers=headers)


def digest(body: bytes, headers: Headers = ()) -> bytes:
    """What ``Attempt.request_sha256`` holds: SHA-256 of the body; then of the headers, when there are any."""
    of_body = hashlib.sha256(body).digest()
    return of_body + headers_digest(headers) if headers else of_body


def headers_digest(headers: Headers) -> bytes:
    return hashlib.sha256("".join(f"{name}: {value}\r\n" for name, value in headers).encode()).digest()


def with_ours(headers: Headers) -> Headers:
    """The headers of every callback, then ``headers``, which take the place of those of the same name."""
    taken = {name.lower() for name, _ in headers}
    return (*(one for one in OURS if one[0].lower() not in taken), *headers)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What goes before the body in HTTP/1.1: ``target`` is path and query, ``headers`` are all, in their order."""

    target: str
    headers: Headers

    def encode(self) -> bytes:
        """The bytes, with the empty line at their end."""
        lines = [f"{METHOD} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def head(url: str, headers: Headers, size: int) -> Head:
    """The head of a POST of ``size`` bytes to ``url``, as libcurl writes it: only the path is changed, in what is
    beyond ASCII and in the case of escapes. ``headers`` are those of the template.

    Raises ``ValueError`` for a URL that no request can be sent to.
    """
    parts = urlsplit(targets.parse(url).url.decode())
    accepts = () if any(name.lower() == "accept" for name, _ in headers) else (("Accept", "*/*"),)
    path = quote(parts.path or "/", safe="".join(map(chr, range(33, 127))))
    path = _ESCAPE.sub(lambda found: found[0].upper(), path)
    asks = "?" in url.partition("#")[0]  # if for nothing
    return Head(
        target=path + (f"?{parts.query}" if asks else ""),
        headers=(
            ("Host", _host(url)),
            *accepts,
            *with_ours(headers),
            ("Content-Length", str(size)),
        ),
    )


def _host(url: str) -> str:
    """Name and port; an address in its usual form, whatever its spelling in the URL."""
    target = targets.parse(url)
    address = addresses.literal(target.host)
    if address is None:
        host = urlsplit(target.url.decode()).netloc.partition(":")[0]
    elif address.version == 6:
        host = f"[{socket.inet_ntop(socket.AF_INET6, address.packed)}]"
    else:
        host = str(address)
    return host if target.port == callback_urls.PORTS[target.scheme] else f"{host}:{target.port}"
