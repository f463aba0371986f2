"""Callback URLs, taken apart: where they lead."""

from typing import NamedTuple
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


class CallbackUrl(NamedTuple):
    """``host`` is ASCII, in lower case, an IPv6 address without brackets; ``url`` has it in that form, too."""

    scheme: str
    host: str
    port: int
    url: str


def split(url: str) -> CallbackUrl:
    """Take ``url`` apart. A host beyond ASCII becomes its ASCII form (IDNA); the rest stays as it is.

    Raises ``ValueError`` (``UnicodeError`` is one) for what is no http or https URL.
    """
    parts = urlsplit(url)
    host = parts.hostname
    if parts.scheme not in PORTS or not host:
        raise ValueError(f"{url!r} is no http or https URL with a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a callback URL must not hold a user name or password")
    port = parts.port or PORTS[parts.scheme]
    if not host.isascii():
        host = host.encode("idna").decode()
        netloc = host if parts.port is None else f"{host}:{parts.port}"
        url = parts._replace(netloc=netloc).geturl()
    return CallbackUrl(parts.scheme, host, port, url)
