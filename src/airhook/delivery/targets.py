"""Callback URLs, taken apart: whom to resolve, whom to connect to, whose health is at stake."""

from typing import NamedTuple

from airhook.core import callback_urls
from airhook.core.deliveries import Delivery
from airhook.core.destinations import DestinationKey
from airhook.delivery import addresses

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
    """Take ``url`` apart, as ``core.callback_urls.split`` does."""
    parts = callback_urls.split(url)
    literal = addresses.literal(parts.host) is not None
    return Target(parts.scheme, parts.host, parts.port, parts.url.encode(), literal)
