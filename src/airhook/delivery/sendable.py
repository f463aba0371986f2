"""URLs that a request can be sent to: what libcurl would refuse is refused, too, before it gets into a request."""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

# ``urlsplit`` drops some of them, a request's first line ends with others.
_UNSENDABLE = re.compile(r"[\x00-\x20\x7f]")
_NOT_IN_A_HOST = re.compile(r"[!\"#$%&'()*+,;<=>\\^`{|}]")

_ENDS_A_LINE = re.compile(r"[\r\n\0]")


class UrlInvalidError(ValueError):
    """No request can be sent to it."""


def check(url: str) -> None:
    """``url`` is one that ``targets.parse`` gave. Raises ``UrlInvalidError``."""
    if _UNSENDABLE.search(url):
        raise UrlInvalidError("The URL has a space or a control character; escape it (%20)")
    netloc = urlsplit(url).netloc
    if netloc.startswith("["):
        _check_ipv6(netloc[1:].partition("]")[0])
        return
    host = netloc.partition(":")[0]
    bad = _NOT_IN_A_HOST.search(host)
    if bad:
        raise UrlInvalidError(f"The host of the URL, {host}, has a {bad[0]!r}, which no name has")
    if not host.strip("."):
        raise UrlInvalidError("The URL has no host")


def _check_ipv6(address: str) -> None:
    try:
        ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        raise UrlInvalidError(f"The host of the URL, [{address}], is no IPv6 address") from None


def check_headers(headers: Sequence[tuple[str, str]]) -> None:
    """Raises ``ValueError`` for those that would end their line, and so could be a request of their own."""
    for name, value in headers:
        if _ENDS_A_LINE.search(name) or _ENDS_A_LINE.search(value):
            raise ValueError(f"The header {name!r} has an end of line or a NUL character")
