"""Kinds of values that a setting may have: how a text or a TOML value becomes one, and what is allowed.

A kind accepts what TOML gives (numbers, booleans, lists, texts) and what the environment gives (always text; lists
with commas). What it does not accept raises ``WrongError``, which says what was found.
"""

import dataclasses
import ipaddress
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from airhook.core.delivery_options import secret_bytes
from airhook.core.errors import InvalidError
from airhook.core.events import EventType
from airhook.core.templates import check_url

T = TypeVar("T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_EVENT_TYPES = frozenset(int(kind) for kind in EventType)
LIST_HINT = "in the environment, separate them with commas"


class WrongError(ValueError):
    """The value, or one item of it, is not allowed."""

    def __init__(self, found: object) -> None:
        super().__init__(f"found {found!r}")


@dataclasses.dataclass(frozen=True)
class Kind(Generic[T]):
    """``allowed`` completes "it must be ..."; ``read`` raises ``WrongError``."""

    allowed: str
    read: Callable[[object], T]
    secret: bool = False  # may come from a file named by AIRHOOK_..._FILE, and is never shown


class Address(NamedTuple):
    """Where a server listens. Port 0 takes any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Schedule(NamedTuple):
    """Attempts of a delivery after the first one fails."""

    retries: int
    interval_s: float


class Scores(NamedTuple):
    """From which scores on a picture is blocked, or to be reviewed; 101 is never."""

    block: int
    review: int
    review_hot: int


def whole(least: int, most: int) -> Kind[int]:
    """A whole number within bounds."""

    def read(raw: object) -> int:
        text = str(raw)
        if isinstance(raw, bool | float) or not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise WrongError(raw)
        if not least <= int(text) <= most:
            raise WrongError(raw)
        return int(text)

    return Kind(f"a whole number from {least:,} to {most:,}", read)


def seconds(least: float, most: float) -> Kind[float]:
    """A length of time, in seconds; fractions are allowed."""

    def read(raw: object) -> float:
        try:
            value = math.nan if isinstance(raw, bool) else float(str(raw))
        except ValueError:
            raise WrongError(raw) from None
        if not least <= value <= most:
            raise WrongError(raw)
        return value

    return Kind(f"a number of seconds from {least:g} to {most:,.10g}", read)


def choice(*words: str) -> Kind[str]:
    def read(raw: object) -> str:
        if raw not in words:
            raise WrongError(raw)
        return str(raw)

    return Kind(f"one of {', '.join(words)}", read)


def text(pattern: str, allowed: str) -> Kind[str]:
    """A text that matches ``pattern`` as a whole."""

    def read(raw: object) -> str:
        if not isinstance(raw, str) or not re.fullmatch(pattern, raw):
            raise WrongError(raw)
        return raw

    return Kind(allowed, read)


def _read_address(raw: object) -> Address:
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:\s]+)):([0-9]{1,5})", str(raw))
    if not isinstance(raw, str) or not found or int(found[3]) > 65535:
        raise WrongError(raw)
    return Address(found[1] or found[2], int(found[3]))


def _read_ip(raw: object) -> str:
    try:
        return str(ipaddress.ip_address(str(raw)))
    except ValueError:
        raise WrongError(raw) from None


def _read_networks(raw: object) -> tuple[Network, ...]:
    return tuple(_read_network(item) for item in _items(raw))


def _read_network(item: str) -> Network:
    try:
        return ipaddress.ip_network(item)
    except ValueError:
        raise WrongError(item) from None


def _read_schedules(raw: object) -> dict[int, Schedule]:
    return dict(_read_schedule(item) for item in _items(raw))


def _read_rates(raw: object) -> dict[str, int]:
    return dict(_read_rate(item) for item in _items(raw))


def _read_rate(item: str) -> tuple[str, int]:
    match = re.fullmatch(r"([A-Z][A-Za-z0-9]{0,127})=([0-9]{1,7})", item)
    if match is None:
        raise WrongError(item)
    return match[1], int(match[2])


def _read_schedule(item: str) -> tuple[int, Schedule]:
    found = re.fullmatch(r"([0-9]{1,3})=([0-9]{1,3})x([0-9]{1,5}(?:\.[0-9]+)?)", item)
    if not found or int(found[1]) not in _EVENT_TYPES:
        raise WrongError(item)
    return int(found[1]), Schedule(int(found[2]), float(found[3]))


def _read_thresholds(raw: object) -> dict[int, Scores]:
    return dict(_read_threshold(item) for item in _items(raw))


def _read_threshold(item: str) -> tuple[int, Scores]:
    found = re.fullmatch(r"([0-9]{1,18})=([0-9]{1,3})/([0-9]{1,3})/([0-9]{1,3})", item)
    scores = Scores(*map(int, found.groups()[1:])) if found else None
    if not found or not scores or max(scores) > 101:
        raise WrongError(item)
    return int(found[1]), scores


def _read_path(raw: object) -> Path:
    if not isinstance(raw, str) or not raw or "\0" in raw:
        raise WrongError(raw)
    return Path(raw).expanduser()


def _read_site(raw: object) -> str:
    return _read_url(raw, ("http", "https"), bare=True)


def _read_proxy(raw: object) -> str:
    return _read_url(raw, ("http",), bare=True)


def _read_url(raw: object, schemes: tuple[str, ...], *, bare: bool) -> str:
    """``bare``: nothing after host and port, so that a path can be put behind it."""
    if raw == "":
        return ""
    try:
        parts = urlsplit(raw if isinstance(raw, str) else "")
        right = parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        raise WrongError(raw) from None
    if not right or (bare and (parts.path.strip("/") or parts.query or parts.fragment)):
        raise WrongError(raw)
    return str(raw).rstrip("/")


def _read_token(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"|[!-~]{16,256}", raw):
        raise WrongError(raw)
    return raw


def _read_secret(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"[!-~]{0,256}", raw):
        raise WrongError(raw)
    return raw


def _read_switch(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw not in ("true", "false"):
        raise WrongError(raw)
    return raw == "true"


def _read_location(raw: object) -> str:
    return _read_url(raw, ("http", "https"), bare=False)


def _read_callback(raw: object) -> str:
    if not isinstance(raw, str):
        raise WrongError(raw)
    try:
        return raw and check_url("url", raw)
    except InvalidError:
        raise WrongError(raw) from None


def _read_webhook_secret(raw: object) -> str:
    if not isinstance(raw, str):
        raise WrongError(raw)
    try:
        if raw:
            secret_bytes("key", raw)
    except InvalidError:
        raise WrongError(raw) from None
    return raw


def _items(raw: object) -> list[str]:
    if isinstance(raw, str):
        return [item.strip() for item in raw.split(",") if item.strip()]
    if not isinstance(raw, list):
        raise WrongError(raw)
    for item in raw:
        if not isinstance(item, str):
            raise WrongError(item)
    return raw


ADDRESS = Kind("HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080", _read_address)
IP = Kind("an IPv4 or IPv6 address", _read_ip)
NETWORKS = Kind(
    f"a list of addresses or networks such as 10.0.0.0/8 or ::1/128, without bits behind the prefix ({LIST_HINT})",
    _read_networks,
)
SCHEDULES = Kind(
    f"a list of EVENT_TYPE=RETRIESxSECONDS such as 1=12x60, with an event type that exists ({LIST_HINT})",
    _read_schedules,
)
RATES = Kind(f"a list of ACTION=NUMBER such as DescribeLiveDomains=50 ({LIST_HINT})", _read_rates)
THRESHOLDS = Kind(
    f"a list of TEMPLATE=BLOCK/REVIEW/HOT such as 1001=80/60/90, scores of 0 to 101 ({LIST_HINT})",
    _read_thresholds,
)
PATH = Kind("the path of a folder", _read_path)
FILE = Kind("the path of a file", _read_path)
SITE = Kind("an http:// or https:// URL of a host, without a path", _read_site)
LOCATION = Kind("an http:// or https:// URL", _read_location)
SWITCH = Kind("true or false", _read_switch)
SECRET = Kind("visible ASCII characters, 256 at most", _read_secret, secret=True)
PROXY = Kind("http://[USER:PASSWORD@]HOST:PORT", _read_proxy, secret=True)
TOKEN = Kind("16 to 256 visible ASCII characters", _read_token, secret=True)
CALLBACK = Kind("an http:// or https:// URL without user name", _read_callback, secret=True)
WEBHOOK_SECRET = Kind(
    "`whsec_` and the base64 text of 24 to 64 bytes (Standard Webhooks)", _read_webhook_secret, secret=True
)
