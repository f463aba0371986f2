"""Which addresses a callback may go to (design D7).

Our own table of networks: the standard library's notion of "global" is too generous in several places (IPv6 forms
that carry an IPv4 address, shared and metadata addresses). The more special network stands first. Sources: the IANA
special-purpose registries (RFC 6890 and its updates), and the clouds' documents for metadata.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable

from airhook.core.errors import InvalidError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SETTING = "targets.allow"

_KINDS: tuple[tuple[str, str], ...] = (
    # IPv4
    ("0.0.0.0/32", "an unspecified"),
    ("0.0.0.0/8", "a reserved"),
    ("10.0.0.0/8", "a private"),
    ("100.100.100.200/32", "a metadata"),  # Alibaba
    ("100.64.0.0/10", "a carrier-grade NAT"),
    ("127.0.0.0/8", "a loopback"),
    ("168.63.129.16/32", "a metadata"),  # Azure
    ("169.254.169.254/32", "a metadata"),
    ("169.254.170.2/32", "a metadata"),  # ECS tasks
    ("169.254.0.0/16", "a link-local"),
    ("172.16.0.0/12", "a private"),
    ("192.0.0.192/32", "a metadata"),  # Oracle
    ("192.0.0.0/24", "a reserved"),
    ("192.0.2.0/24", "a documentation"),
    ("192.88.99.0/24", "a reserved"),  # 6to4 relays, RFC 7526
    ("192.168.0.0/16", "a private"),
    ("198.18.0.0/15", "a benchmarking"),
    ("198.51.100.0/24", "a documentation"),
    ("203.0.113.0/24", "a documentation"),
    ("224.0.0.0/4", "a multicast"),
    ("255.255.255.255/32", "a broadcast"),
    ("240.0.0.0/4", "a reserved"),
    # IPv6
    ("::/128", "an unspecified"),
    ("::1/128", "a loopback"),
    ("64:ff9b:1::/48", "a private"),  # local NAT64, RFC 8215
    ("100::/64", "a discard"),
    ("2001:2::/48", "a benchmarking"),
    ("2001:db8::/32", "a documentation"),
    ("2001::/23", "a reserved"),  # IETF protocols; Teredo in it is judged by what it carries
    ("3fff::/20", "a documentation"),
    ("fd00:ec2::254/128", "a metadata"),
    ("fd20:ce::254/128", "a metadata"),
    ("fc00::/7", "a unique-local"),
    ("fe80::/10", "a link-local"),
    ("fec0::/10", "a site-local"),
    ("ff00::/8", "a multicast"),
)
_TABLE = tuple((ipaddress.ip_network(network), kind) for network, kind in _KINDS)

_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_TEREDO = ipaddress.IPv6Network("2001::/32")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_LAST_32_BITS = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)
_NUMERIC = re.compile(r"[0-9a-fxA-FX.]+\Z")
_CACHE_MAX = 10_000
_UNKNOWN = "not judged yet"


class TargetPolicy:
    """Fulfils ``core.ports.AddressPolicy``: refuses special addresses, but for the networks in ``allow``.

    May be asked on several threads.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._allowed = tuple(_network(text) for text in allow)
        self._judged: dict[str, str | None] = {}

    def refused(self, address: str) -> str | None:
        """Why ``address`` (a numeric IPv4 or IPv6 address) may not be called; None: it may."""
        why = self._judged.get(address, _UNKNOWN)
        if why is _UNKNOWN:
            if len(self._judged) >= _CACHE_MAX:
                self._judged.clear()  # by whichever thread: another may be looking into it
            why = self._judged[address] = self._judge(address)
        return why

    def _judge(self, text: str) -> str | None:
        address = literal(text)
        if address is None:
            return f"{text!r} is no IP address"
        if self._is_allowed(address):
            return None
        for inner in carried(address):
            kind = None if self._is_allowed(inner) else _kind(inner)
            if kind:
                return f"{text} leads to {inner}, {kind} address; add it to {SETTING} to send there"
        kind = None if carried(address) else _kind(address)
        return f"{text} is {kind} address; add it to {SETTING} to send there" if kind else None

    def _is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self._allowed)


def literal(host: str) -> Address | None:
    """The address that ``host`` spells, in any form that a resolver takes for one; None for a name.

    Beside the usual forms these are the ones of ``inet_aton``: ``0x7f.1``, ``2130706433``, ``0177.0.0.1``.
    """
    bare = host.partition("%")[0].removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare)) if _NUMERIC.match(bare) else None
    except OSError:
        return None


def carried(address: Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses inside an IPv6 one: where its packets may end (NAT64, 6to4, Teredo, mapped, compatible)."""
    if isinstance(address, ipaddress.IPv4Address) or int(address) <= 1:
        return ()
    bits = int(address)
    if any(address in network for network in _LAST_32_BITS):
        return (_ipv4(bits),)
    if address in _SIX_TO_FOUR:
        return (_ipv4(bits >> 80),)
    if address in _TEREDO:  # server, and the client with every bit turned round (RFC 4380)
        return (_ipv4(bits >> 64), _ipv4(~bits))
    return ()


def _kind(address: Address) -> str | None:
    for network, kind in _TABLE:
        if address.version == network.version and address in network:
            return kind
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_IPV6:
        return "a reserved"
    return None


def _ipv4(bits: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(bits & 0xFFFFFFFF)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise InvalidError(
            SETTING, f"{text!r} is no network such as 10.0.0.0/8: {error}", rule="format"
        ) from None
