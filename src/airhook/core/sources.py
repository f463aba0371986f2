"""Sources: media servers of the customer's own, whose hooks tell of pushes (design D9)."""

import enum
import hashlib
import hmac
import ipaddress
import secrets

import msgspec

from airhook.core.errors import InvalidError
from airhook.core.streams import NAME_RULE, is_name

MAX_SOURCES = 100  # of an account
MAX_ALLOWED = 50  # networks of one source
MIN_SILENCE_S, MAX_SILENCE_S = 5, 3600
MAX_SECRET_LENGTH = 512


class SourceKind(enum.StrEnum):
    """Media servers whose hooks are understood."""

    NGINX_RTMP = "nginx-rtmp"
    SRS = "srs"
    NODE_MEDIA_SERVER = "node-media-server"
    ZLMEDIAKIT = "zlmediakit"
    MEDIAMTX = "mediamtx"


class DomainRule(enum.StrEnum):
    """Which push domain a push belongs to."""

    AUTO = "auto"
    """The push's own: ``vhost`` in its query, the server's vhost, the host of tcUrl; without any of them ``domain``."""
    FIXED = "fixed"
    """Always ``domain``."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One media server, or several that are set up alike. ``token`` is part of the address that it calls."""

    id: str
    account_id: int
    kind: SourceKind
    name: str
    token: str
    allowed: list[str] = msgspec.field(default_factory=list)  # networks that may call; empty: any
    domain: str = ""
    domain_rule: DomainRule = DomainRule.AUTO
    api_url: str = ""  # the server's own API, asked which streams it has; empty: it is not asked
    api_secret: str = ""
    silence_s: int | None = (
        None  # without an update for so long a push has ended; None: as usual for the kind
    )
    pull_url: str = ""  # pattern of ``core.pull_urls``: where media come from; empty: from nowhere
    created_ms: int = 0
    updated_ms: int = 0
    deleted: bool = False
    version: int = 0

    @property
    def hook_path(self) -> str:
        return f"/hooks/{self.id}/{self.token}"

    def knows(self, token: str) -> bool:
        """Whether this is its token; in a time that tells nothing of it."""
        return hmac.compare_digest(_digest(token), _digest(self.token))

    def lets_in(self, address: str) -> bool:
        """Whether a hook may come from this address. What is no address (a Unix socket) comes from this machine."""
        if not self.allowed:
            return True
        try:
            caller = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped:
            caller = caller.ipv4_mapped
        return any(caller in ipaddress.ip_network(network) for network in self.allowed)


def new_id() -> str:
    return secrets.token_hex(4)


def new_token() -> str:
    """As hard to guess as a key of 256 bits, and safe in an address."""
    return secrets.token_urlsafe(32)


def check_source_name(name: str) -> str:
    if not is_name(name):
        raise InvalidError("name", f"{name!r} is not allowed; use {NAME_RULE}", rule="format")
    return name


def check_allowed(networks: list[str]) -> list[str]:
    """Networks in their usual form. Raises ``InvalidError`` (field ``allowed``)."""
    if len(networks) > MAX_ALLOWED:
        raise InvalidError("allowed", f"names more than {MAX_ALLOWED} networks", rule="size")
    found = []
    for text in networks:
        try:
            found.append(str(ipaddress.ip_network(text.strip(), strict=False)))
        except ValueError:
            raise InvalidError(
                "allowed",
                f"{text!r} is neither an address nor a network such as 10.0.0.0/8",
                rule="format",
            ) from None
    return list(dict.fromkeys(found))


def check_silence(seconds: int) -> int:
    if seconds != 0 and not MIN_SILENCE_S <= seconds <= MAX_SILENCE_S:
        raise InvalidError(
            "silence_s", f"must be {MIN_SILENCE_S} to {MAX_SILENCE_S} seconds, or 0 for never", rule="range"
        )
    return seconds


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
