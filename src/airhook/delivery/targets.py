"""Callback URLs, taken apart: whom to resolve, whom to connect to, whose health is at stake."""

from typing import NamedTuple
from urllib.parse import urlsplit

from airhook.core.deliveries import Delivery
from airhook.core.destinations import DestinationKey
from airhook.delivery import addresses

PORTS = {"http": 80, "https": 443}
_CACHE_MAX = 20_000


class Target(NamedTuple):
    """``host`` is ASCII, in lower case, an IPv6 address without brackets; ``url`` is what goes to libcurl."""

    scheme: str
    host: str
    port: int
    url: bytes
    literal: bool  # the host is an address, in any spelling


class Targets:
    """Remembers the URLs it has parsed: few URLs get many deliveries."""

    def __init__(self) -> None:
        self._parsed: dict[str, Target] = {}

    def of(self, url: str) -> Target:
        """Raises ``ValueError`` for what is no http or https URL."""
        target = self._parsed.get(url)
        if target is None:
            if len(self._parsed) >= _CACHE_MAX:
                self._parsed.clear()
            target = self._parsed[url] = parse(url)
        return target

    def key(self, delivery: Delivery) -> DestinationKey:
        target = self.of(delivery.url)
        return DestinationKey(delivery.account_id, target.scheme, target.host, target.port)


def parse(url: str) -> Target:
    """Take ``url`` apart. A host beyond ASCII is sent in its ASCII form (IDNA); the rest stays as it is."""
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
    return Target(parts.scheme, host, port, url.encode(), literal=addresses.literal(host) is not None)
