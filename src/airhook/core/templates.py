"""Callback templates: which URL hears of which event, and the key that signs (contract 3.2, 5.1).

The limits and characters of names, keys and URLs live here and nowhere else. The console is stricter on lengths
than the API; each face passes its own ``Limits``.
"""

import re
import secrets
import string
from urllib.parse import urlsplit

import msgspec

from airhook.core.delivery_options import DeliveryOptions, check_options
from airhook.core.errors import InvalidError
from airhook.core.events import EventType

MAX_URL_BYTES = 1024
MAX_KEY_LENGTH = 32
RECORD_EXCEPTION_LEVELS = ("error", "warning", "info")

CONFIGURABLE_TYPES = frozenset(EventType) - {EventType.RELAY, EventType.MONITOR}
"""Relay and monitor events go to a URL of their task, not to a template (contract 1.5)."""

_NAME_CHARACTERS = re.compile(r"[\w\u3400-\u4dbf\u4e00-\u9fff-]*\Z", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9]*\Z")


class Limits(msgspec.Struct, frozen=True):
    """How long texts may be: ``size`` counts them in ``unit`` (contract C-05)."""

    name: int
    description: int
    unit: str  # "bytes" or "characters"

    def size(self, text: str) -> int:
        return len(text.encode("utf-8", "surrogatepass")) if self.unit == "bytes" else len(text)


API_LIMITS = Limits(name=255, description=1024, unit="bytes")
CONSOLE_LIMITS = Limits(name=30, description=100, unit="characters")


class CallbackTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """``urls`` maps an event type to its URL; an absent type is not sent."""

    id: int
    account_id: int
    name: str
    description: str = ""
    urls: dict[int, str] = msgspec.field(default_factory=dict)
    callback_key: str = ""
    key_version: int = 1  # counts changes of the key
    record_exception_levels: list[str] = msgspec.field(default_factory=lambda: ["error"])
    ordered: bool = True  # start before stop; False sends both at once, as CSS does
    options: DeliveryOptions | None = None  # None: as CSS
    deleted: bool = False  # kept, hidden, until its last delivery ends
    created_ms: int = 0
    updated_ms: int = 0
    version: int = 0


def check_template(template: CallbackTemplate, limits: Limits) -> CallbackTemplate:
    """Give the template back when every rule holds; otherwise raise ``InvalidError`` naming field and rule.

    Fields: ``name``, ``description``, ``callback_key``, ``urls``, ``urls.<event type>``,
    ``record_exception_levels``, ``options.<option>``.
    """
    check_naming(template.name, template.description, limits)
    check_key("callback_key", template.callback_key)
    if not template.urls:
        raise InvalidError("urls", "are all empty; give at least one callback URL", rule="required")
    for event_type, url in template.urls.items():
        if event_type not in CONFIGURABLE_TYPES:
            raise InvalidError(
                f"urls.{event_type}", "is no event type that a template can send", rule="unknown"
            )
        check_url(f"urls.{event_type}", url)
    for level in template.record_exception_levels:
        if level not in RECORD_EXCEPTION_LEVELS:
            raise InvalidError(
                "record_exception_levels",
                f"{level!r} is none of {', '.join(RECORD_EXCEPTION_LEVELS)}",
                rule="unknown",
            )
    if template.options is not None:
        check_key("options.previous_key", template.options.previous_key)
        check_options(template.options)
    return template


def check_naming(name: str, description: str, limits: Limits) -> None:
    """What a template of any kind is called, and what is said of it."""
    if not name:
        raise InvalidError("name", "must not be empty", rule="required")
    for field, text, most in (("name", name, limits.name), ("description", description, limits.description)):
        check_length(field, text, most, limits)
        if not _NAME_CHARACTERS.match(text):
            raise InvalidError(
                field, "may hold Chinese characters, letters, digits, '_' and '-'", rule="characters"
            )


def check_length(field: str, text: str, most: int, limits: Limits) -> None:
    if limits.size(text) > most:
        raise InvalidError(
            field, f"is {limits.size(text)} {limits.unit} long; at most {most}", rule="too_long"
        )


def check_key(field: str, key: str) -> str:
    """A callback key: up to 32 letters and digits; an empty one signs nothing."""
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidError(field, f"is {len(key)} characters long; at most {MAX_KEY_LENGTH}", rule="too_long")
    if not _KEY.match(key):
        raise InvalidError(field, "may hold letters A-Z, a-z and digits only", rule="characters")
    return key


def check_url(field: str, url: str) -> str:
    """A callback URL: http or https, a host, no user name, at most 1024 bytes, no white space."""
    if len(url.encode("utf-8", "surrogatepass")) > MAX_URL_BYTES:
        raise InvalidError(field, f"is longer than {MAX_URL_BYTES} bytes", rule="too_long")
    if any("\ud800" <= c <= "\udfff" for c in url):
        raise InvalidError(field, "is not UTF-8 text; escape other bytes (%FF)", rule="characters")
    if any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise InvalidError(
            field, "must not hold spaces or control characters; escape them (%20)", rule="characters"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidError(field, f"{url!r} is no URL", rule="format") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise InvalidError(field, f"{url!r} must start with http:// or https://", rule="scheme")
    if not parts.hostname:
        raise InvalidError(field, f"{url!r} names no host", rule="format")
    if parts.username is not None or parts.password is not None:
        raise InvalidError(field, "must not hold a user name or password", rule="userinfo")
    if port == 0:
        raise InvalidError(field, "has port 0", rule="format")
    return url


def generate_key(length: int = MAX_KEY_LENGTH) -> str:
    """A fresh callback or push key of letters and digits."""
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(length))
