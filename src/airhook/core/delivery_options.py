"""How the callbacks of a template are repeated, signed and sent, where that differs from CSS (design D6, D8).

A template without options behaves as CSS does. The options are one value, so that the delivery engine looks at one
attribute, and they are encrypted as a whole at rest: keys, secrets and headers may all be confidential.
"""

import base64
import binascii
import enum
import re
import secrets

import msgspec

from airhook.core.errors import InvalidError
from airhook.core.pem import check_authorities, check_client_certificate

MAX_DELAYS = 100
MAX_DELAY_S = 7 * 86_400
MAX_DELAYS_S = 30 * 86_400  # altogether
MAX_HEADERS = 20
MAX_HEADER_NAME = 100  # characters
MAX_HEADER_VALUE = 2048
MAX_HEADERS_SIZE = 8192  # names and values of all
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
SECRET_BYTES = range(24, 65)  # Standard Webhooks: 24 to 64 bytes of chance
NEW_SECRET_BYTES = 32

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[!-~](?:[\t -~]*[!-~])?\Z")
_OURS = frozenset(
    {
        "host",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "http2-settings",
    }
)
_OUR_PREFIXES = ("webhook-", "proxy-")


class Profile(enum.StrEnum):
    CSS = "css"  # contract 1.2; only status 200 succeeds
    STANDARD = "standard"  # about three days; any 2xx succeeds, Retry-After is heeded, 410 ends it
    CUSTOM = "custom"  # the template's own list of delays; only status 200 succeeds


class SignMode(enum.StrEnum):
    FRESH = "fresh"  # each attempt has its own t
    FROZEN = "frozen"  # every attempt has the t of the first one (contract C-03)


class DeliveryOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything at its default is the same as no options at all."""

    profile: Profile = Profile.CSS
    delays_s: tuple[float, ...] = ()  # of ``custom``: before each retry, from the end of the failed attempt
    sign_mode: SignMode = SignMode.FRESH
    previous_key: str = ""  # tried once more after a 401 or 403, within the same attempt
    overlap_until_ms: int = 0  # and then no longer
    webhook_secret: str = ""  # Standard Webhooks: "whsec_" and base64
    previous_webhook_secret: str = ""  # signs too
    webhook_overlap_until_ms: int = 0  # until then
    headers: tuple[tuple[str, str], ...] = ()
    ca_pem: str = ""  # trusted instead of the system's authorities
    client_cert_pem: str = ""
    client_key_pem: str = ""
    http2: bool = False  # offered to https receivers; the others stay with HTTP/1.1
    legacy_scores: bool = False  # event 317 has the old score fields, too (contract 2.6)

    @property
    def own_connection(self) -> bool:
        """Whether its connections differ from everybody's."""
        return self.http2 or bool(self.ca_pem or self.client_cert_pem)

    def previous_key_at(self, now_ms: int) -> str:
        return self.previous_key if now_ms < self.overlap_until_ms else ""

    def webhook_secrets_at(self, now_ms: int) -> tuple[str, ...]:
        """Those that sign, the newest first."""
        overlap = self.previous_webhook_secret if now_ms < self.webhook_overlap_until_ms else ""
        return tuple(secret for secret in (self.webhook_secret, overlap) if secret)


def check_options(options: DeliveryOptions) -> DeliveryOptions:
    """Give the options back when every rule holds; otherwise raise ``InvalidError``.

    The field is the option's name, after ``options.``; of headers with their name: ``options.headers.<name>``.
    """
    _check_delays(options)
    if options.previous_key and not options.overlap_until_ms:
        raise InvalidError(
            "options.overlap_until_ms", "must say until when the old key counts", rule="required"
        )
    for field in ("webhook_secret", "previous_webhook_secret"):
        if secret := getattr(options, field):
            secret_bytes(f"options.{field}", secret)
    if options.previous_webhook_secret and not (options.webhook_secret and options.webhook_overlap_until_ms):
        raise InvalidError(
            "options.previous_webhook_secret",
            "needs a new secret and the time until which both sign",
            rule="required",
        )
    _check_headers(options.headers)
    if options.ca_pem:
        check_authorities("options.ca_pem", options.ca_pem)
    if bool(options.client_cert_pem) != bool(options.client_key_pem):
        missing = "client_key_pem" if options.client_cert_pem else "client_cert_pem"
        raise InvalidError(
            f"options.{missing}", "is missing: certificate and key belong together", rule="required"
        )
    if options.client_cert_pem:
        check_client_certificate(
            "options.client_cert_pem",
            options.client_cert_pem,
            "options.client_key_pem",
            options.client_key_pem,
        )
    return options


def secret_bytes(field: str, secret: str) -> bytes:
    """The key in a secret of Standard Webhooks. Raises ``InvalidError``."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) not in SECRET_BYTES:
        raise InvalidError(
            field,
            f"must be {SECRET_PREFIX} and the base64 text of {SECRET_BYTES.start} to {SECRET_BYTES.stop - 1} bytes",
            rule="format",
        )
    return key


def generate_webhook_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(NEW_SECRET_BYTES)).decode()


def _check_delays(options: DeliveryOptions) -> None:
    field = "options.delays_s"
    custom = options.profile is Profile.CUSTOM
    if custom != bool(options.delays_s):
        reason = "are missing: profile custom needs them" if custom else "belong to profile custom alone"
        raise InvalidError(field, reason, rule="required")
    if len(options.delays_s) > MAX_DELAYS:
        raise InvalidError(field, f"are {len(options.delays_s)}; at most {MAX_DELAYS}", rule="too_long")
    if not all(0 <= delay <= MAX_DELAY_S for delay in options.delays_s):
        raise InvalidError(field, f"must lie between 0 and {MAX_DELAY_S} seconds each", rule="range")
    if sum(options.delays_s) > MAX_DELAYS_S:
        raise InvalidError(field, f"must not add up to more than {MAX_DELAYS_S} seconds", rule="range")


def _check_headers(headers: tuple[tuple[str, str], ...]) -> None:
    if len(headers) > MAX_HEADERS:
        raise InvalidError("options.headers", f"are {len(headers)}; at most {MAX_HEADERS}", rule="too_long")
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADERS_SIZE:
        raise InvalidError(
            "options.headers", f"are longer than {MAX_HEADERS_SIZE} characters", rule="too_long"
        )
    seen: set[str] = set()
    for name, value in headers:
        _check_header(name, value)
        if name.lower() in seen:
            raise InvalidError(f"options.headers.{name}", "is given twice", rule="repeated")
        seen.add(name.lower())


def _check_header(name: str, value: str) -> None:
    if not _TOKEN.match(name) or len(name) > MAX_HEADER_NAME:
        raise InvalidError(
            "options.headers", f"{name[:MAX_HEADER_NAME]!r} is no header name", rule="characters"
        )
    field = f"options.headers.{name}"
    if name.lower() in _OURS or name.lower().startswith(_OUR_PREFIXES):
        raise InvalidError(field, "is a header that Airhook sets itself", rule="reserved")
    if len(value) > MAX_HEADER_VALUE:
        raise InvalidError(field, f"is longer than {MAX_HEADER_VALUE} characters", rule="too_long")
    if not _VALUE.match(value):
        raise InvalidError(
            field, "must be visible ASCII characters, with spaces at most between them", rule="characters"
        )
