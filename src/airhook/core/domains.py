"""Push domains and push authentication (contract 3.4, 3.5, 4.8)."""

import hashlib
import hmac
import re
from urllib.parse import parse_qsl

import msgspec

from airhook.core import reasons
from airhook.core.errors import InvalidError
from airhook.core.reasons import Reason

DEFAULT_RECONNECT_WINDOW_S = 70
MAX_RECONNECT_WINDOW_S = 3600
MAX_DOMAIN_LENGTH = 253
MAX_AUTH_KEY_LENGTH = 256
RTMP_PORT = 1935

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")
_AUTH_KEY = re.compile(r"[A-Za-z0-9]+\Z")


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    """A domain that publishers push to. Its name is unique over all accounts."""

    name: str
    account_id: int
    domain_type: int = 0  # 0 push, 1 playback (kept for the API; Airhook plays nothing)
    play_type: int = 1
    enabled: bool = True
    auth_enabled: bool = True
    auth_key: str = ""
    backup_auth_key: str = ""
    auth_delta_s: int = 0
    reconnect_window_s: int = DEFAULT_RECONNECT_WINDOW_S
    created_ms: int = 0
    version: int = 0


def normalize_domain(text: str) -> str:
    """The name as it is stored and compared: lower case, without port and final dot."""
    return text.strip().lower().rstrip(".")


def check_domain_name(text: str, field: str = "domain") -> str:
    """Give the stored form of a domain name.

    Raises ``InvalidError`` with rule ``too_long`` or ``format``.
    """
    name = normalize_domain(text)
    if len(name) > MAX_DOMAIN_LENGTH:
        raise InvalidError(field, f"is longer than {MAX_DOMAIN_LENGTH} characters", rule="too_long")
    labels = name.split(".")
    if labels[-1].isdecimal():
        raise InvalidError(field, f"{text!r} is an address; publishers push to a name", rule="format")
    if not name.isascii() and (ascii_name := _ascii_form(name)):
        raise InvalidError(field, f"{text!r} must be given in its ASCII form: {ascii_name}", rule="format")
    if not name or not all(_LABEL.match(label) for label in labels):
        raise InvalidError(
            field,
            f"{text!r} is no domain name; use labels of letters, digits and '-' joined by dots, without scheme or port",
            rule="format",
        )
    return name


def _ascii_form(name: str) -> str:
    """An internationalized name as it is on the wire; "" when it is none."""
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return ""


def check_auth_key(field: str, text: str) -> str:
    """Push keys are letters and digits, so that they survive every encoder's URL field."""
    if len(text) > MAX_AUTH_KEY_LENGTH or not _AUTH_KEY.match(text):
        raise InvalidError(field, f"must be 1 to {MAX_AUTH_KEY_LENGTH} letters and digits", rule="characters")
    return text


def tx_secret(key: str, stream: str, tx_time: str) -> str:
    """``txSecret`` of a push URL: lower-case hex MD5 of key + stream + the text of txTime (contract 4.8)."""
    return hashlib.md5(f"{key}{stream}{tx_time}".encode()).hexdigest()


def push_params(key: str, stream: str, expires_s: int) -> str:
    """The query that lets ``stream`` be pushed until ``expires_s`` (UNIX seconds)."""
    tx_time = f"{expires_s:X}"
    return f"txSecret={tx_secret(key, stream, tx_time)}&txTime={tx_time}"


def make_push_url(
    domain: Domain, app: str, stream: str, *, port: int = RTMP_PORT, expires_s: int, host: str | None = None
) -> str:
    """A URL that ``stream`` can be pushed to until ``expires_s`` (UNIX seconds), signed if the domain wants it.

    ``host`` names another server than the domain itself; the domain then travels as ``vhost``.
    """
    key = domain.auth_key or domain.backup_auth_key
    params = [f"vhost={domain.name}"] if host else []
    if domain.auth_enabled and key:
        params.append(push_params(key, stream, expires_s))
    server = host or domain.name
    if port != RTMP_PORT and not names_port(server):
        server += f":{port}"
    return f"rtmp://{server}/{app}/{stream}" + (f"?{'&'.join(params)}" if params else "")


def names_port(host: str) -> bool:
    """Whether ``host`` ends in a port; an IPv6 address has brackets."""
    return host.rpartition("]")[2].count(":") == 1


def check_push_auth(domain: Domain, stream: str, params: str, now_ms: int) -> Reason | None:
    """Judge a push URL's query by the domain's keys; None lets it in."""
    if not domain.auth_enabled or not (domain.auth_key or domain.backup_auth_key):
        return None
    query = dict(reversed(parse_qsl(params, keep_blank_values=True)))
    tx_time = query.get("txTime", "")
    secret = query.get("txSecret", "")
    if not tx_time:
        return reasons.TX_TIME_MISSING
    if not secret:
        return reasons.TX_SECRET_MISSING
    keys = [key for key in (domain.auth_key, domain.backup_auth_key) if key]
    right = [
        hmac.compare_digest(tx_secret(key, stream, tx_time).encode(), secret.lower().encode()) for key in keys
    ]
    if not any(right):
        return reasons.TX_SECRET_WRONG
    expiries = _expiries(tx_time)
    if not any(now_ms <= (expiry + domain.auth_delta_s) * 1000 for expiry in expiries):
        return reasons.TX_TIME_EXPIRED
    return None


def _expiries(tx_time: str) -> list[int]:
    """UNIX seconds that ``txTime`` may mean. It is hexadecimal; decimal is accepted too.

    Ten decimal digits read as hexadecimal lie centuries ahead, so such a text means decimal.
    """
    if len(tx_time) == 10 and tx_time.isdecimal():
        return [int(tx_time)]
    try:
        return [int(tx_time, 16)] if re.fullmatch(r"[0-9A-Fa-f]{1,12}", tx_time) else []
    except ValueError:
        return []
