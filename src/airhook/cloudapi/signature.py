"""The arithmetic of signatures: TC3-HMAC-SHA256, HmacSHA1 and HmacSHA256 (contract 4.2, 4.3). Pure functions.

The SDKs sign the text of the Host header exactly as they send it, even ``http://127.0.0.1:8080`` or ``host/api``; the
path in a signature is always ``/``.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from airhook.cloudapi import times
from airhook.cloudapi.errors import SERVICE, InvalidAuthorization

TC3 = "TC3-HMAC-SHA256"
UNSIGNED_PAYLOAD = b"UNSIGNED-PAYLOAD"
REQUIRED_HEADERS = ("content-type", "host")
V1_METHODS = ("HmacSHA1", "HmacSHA256")

_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256\s+"
    r"Credential=(?P<secret_id>[^/,\s]{1,128})/(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})/(?P<service>[^,\s]{1,255})/tc3_request"
    r"\s*,\s*SignedHeaders=(?P<headers>[A-Za-z0-9;_-]{1,1024})"
    r"\s*,\s*Signature=(?P<signature>[0-9a-fA-F]{64})\s*"
)


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed ``Authorization`` header."""

    secret_id: str
    date: str
    service: str
    signed_headers: tuple[str, ...]  # in the order given, lower case
    signature: str


def parse_authorization(text: str) -> Authorization:
    """Read an ``Authorization`` header. Raises ``InvalidAuthorization`` when it has another form."""
    match = _AUTHORIZATION.fullmatch(text.strip())
    if match is None:
        raise InvalidAuthorization(
            f"it must read '{TC3} Credential=SecretId/Date/{SERVICE}/tc3_request, SignedHeaders=content-type;host, "
            "Signature=...'"
        )
    names = tuple(name for name in match["headers"].lower().split(";") if name)
    missing = [name for name in REQUIRED_HEADERS if name not in names]
    if missing:
        raise InvalidAuthorization(f"SignedHeaders must name {' and '.join(missing)}")
    return Authorization(
        secret_id=match["secret_id"],
        date=match["date"],
        service=match["service"],
        signed_headers=names,
        signature=match["signature"].lower(),
    )


def hosts(raw: str) -> tuple[str, ...]:
    """The texts that clients sign for a Host header: as it is sent, or without its port."""
    return tuple(dict.fromkeys((raw, re.sub(r":[0-9]+(?=/|$)", "", raw))))


def matches_tc3(
    secret_key: str,
    authorization: Authorization,
    timestamp: int,
    *,
    method: str,
    query: bytes,
    headers: Mapping[str, str],
    payload: bytes,
) -> bool:
    """Whether ``authorization`` signs this request.

    ``query`` is as received (a POST signs none), ``headers`` have lower-case names, ``payload`` is the body or
    ``UNSIGNED-PAYLOAD``. Raises ``InvalidAuthorization`` when a signed header is not there.
    """
    absent = [name for name in authorization.signed_headers if name not in headers]
    if absent:
        raise InvalidAuthorization(f"SignedHeaders names {absent[0]}, which the request does not have")
    signable = hosts(headers["host"])
    services = {SERVICE, *(host.rpartition("//")[2].split(".")[0] for host in signable)}
    if authorization.date != times.utc_date(timestamp) or authorization.service not in services:
        return False
    scope = f"{authorization.date}/{authorization.service}/tc3_request"
    key = tc3_key(secret_key, authorization.date, authorization.service)
    query_text = query if method == "GET" else b""
    body_hash = hashlib.sha256(payload).hexdigest()
    return _any_equal(
        authorization.signature,
        (
            tc3_sign(key, timestamp, scope, tc3_canonical(method, query_text, lines, body_hash))
            for lines in _header_lines(authorization.signed_headers, headers, signable)
        ),
    )


def tc3_canonical(method: str, query: bytes, headers: Sequence[tuple[str, str]], body_hash: str) -> bytes:
    """The canonical request. ``headers`` are the signed ones, values as they are to be signed."""
    lines = "".join(f"{name}:{value}\n" for name, value in headers).encode("latin-1", "replace")
    names = ";".join(name for name, _ in headers).encode()
    return b"\n".join((method.encode(), b"/", query, lines, names, body_hash.encode()))


def tc3_key(secret_key: str, date: str, service: str) -> bytes:
    """The key that signs on one day for one service."""
    return _hmac_sha256(_hmac_sha256(_hmac_sha256(f"TC3{secret_key}".encode(), date), service), "tc3_request")


def tc3_sign(key: bytes, timestamp: int, scope: str, canonical: bytes) -> str:
    """The signature, 64 hexadecimal digits."""
    text = f"{TC3}\n{timestamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
    return _hmac_sha256(key, text).hex()


def matches_v1(
    secret_key: str, signature: str, *, method: str, host: str, parameters: Mapping[str, str], algorithm: str
) -> bool:
    """Whether ``signature`` signs these decoded parameters, which hold ``Signature`` itself or not."""
    return _any_equal(
        signature,
        (v1_signature(secret_key, v1_text(method, name, parameters), algorithm) for name in hosts(host)),
    )


def v1_text(method: str, host: str, parameters: Mapping[str, str]) -> str:
    """The string to sign: names in ASCII order, values as they are, not encoded."""
    pairs = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if name != "Signature")
    return f"{method}{host}/?{pairs}"


def v1_signature(secret_key: str, text: str, algorithm: str) -> str:
    """Base64 of the HMAC that ``algorithm`` (``HmacSHA1`` or ``HmacSHA256``) names."""
    digest = hashlib.sha256 if algorithm == "HmacSHA256" else hashlib.sha1
    return base64.b64encode(hmac.new(secret_key.encode(), text.encode(), digest).digest()).decode()


def _header_lines(
    names: Sequence[str], headers: Mapping[str, str], signable: Sequence[str]
) -> Iterable[list[tuple[str, str]]]:
    # The document demands lower-cased values; the SDKs sign them as they are.
    for host in signable:
        as_sent = [(name, host if name == "host" else headers[name].strip()) for name in names]
        lowered = [(name, value.lower()) for name, value in as_sent]
        yield lowered
        if lowered != as_sent:
            yield as_sent


def _any_equal(given: str, computed: Iterable[str]) -> bool:
    return any(hmac.compare_digest(given.encode(), one.encode()) for one in computed)


def _hmac_sha256(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
