"""The cloud API without HTTP: signed requests as they would come in, and their answers."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from airhook.cloudapi import signature, times
from airhook.cloudapi.authenticate import Access
from airhook.cloudapi.dispatch import dispatch
from airhook.cloudapi.keys import Keys
from airhook.cloudapi.rates import Rates
from airhook.cloudapi.recognise import RawRequest
from airhook.control import accounts
from airhook.control.base import Desk
from airhook.core.accounts import ApiKey
from support.desk import NOW_MS, add_account, wait

SCHEMA_FILE = Path(__file__).parent.parent / "wire" / "cloudapi" / "api_schema.json"
HOST = "127.0.0.1:8080"
VERSION = "2018-08-01"
FORM = "application/x-www-form-urlencoded"

GATEWAY_CODES = frozenset(
    """
    AuthFailure.InvalidAuthorization AuthFailure.InvalidSecretId AuthFailure.MFAFailure
    AuthFailure.SecretIdNotFound AuthFailure.SignatureExpire AuthFailure.SignatureFailure
    AuthFailure.TokenFailure AuthFailure.UnauthorizedOperation
    ActionOffline DryRunOperation FailedOperation InternalError InvalidAction InvalidParameter
    InvalidParameterValue InvalidRequest IpInBlacklist IpNotInWhitelist LimitExceeded MissingParameter
    NoSuchProduct NoSuchVersion RequestLimitExceeded RequestSizeLimitExceeded ResourceInUse
    ResourceInsufficient ResourceNotFound ResourceUnavailable ResponseSizeLimitExceeded ServiceUnavailable
    UnauthorizedOperation UnknownParameter UnsupportedOperation UnsupportedProtocol UnsupportedRegion
    """.split()  # noqa: SIM905 - a list of words
)
"""What any action may answer (contract 4.6)."""


def tc3_signature(secret_key: str, timestamp: int, service: str, canonical: bytes) -> str:
    """What a client sends as Signature for a canonical request."""
    date = times.utc_date(timestamp)
    key = signature.tc3_key(secret_key, date, service)
    return signature.tc3_sign(key, timestamp, f"{date}/{service}/tc3_request", canonical)


def schema() -> dict[str, Any]:
    """Fields, types and error codes of the documented actions, as the SDKs describe them."""
    loaded = json.loads(SCHEMA_FILE.read_text())
    assert isinstance(loaded, dict)
    return loaded


def add_key(desk: Desk, account_id: int = 1) -> ApiKey:
    """An account with a key pair."""
    return wait(accounts.create_api_key(desk, add_account(desk, account_id, f"account-{account_id}")))


def tc3_post(
    key: ApiKey, action: str, parameters: Any = None, *, now_ms: int = NOW_MS, **headers: str
) -> RawRequest:
    """What the SDK sends by default. ``headers`` replace what it would send, ``_`` for ``-``."""
    body = json.dumps(parameters or {}).encode()
    return _tc3("POST", key, action, "application/json", b"", body, now_ms, headers)


def tc3_get(
    key: ApiKey, action: str, flattened: Mapping[str, str], *, now_ms: int = NOW_MS, **headers: str
) -> RawRequest:
    """The same as a GET, with flattened parameters in the query."""
    return _tc3("GET", key, action, FORM, urlencode(flattened).encode(), b"", now_ms, headers)


def v1(
    method: str,
    key: ApiKey,
    action: str,
    flattened: Mapping[str, str],
    *,
    now_ms: int = NOW_MS,
    **common: str,
) -> RawRequest:
    """A request of the old kind, signed with HmacSHA1 unless ``common`` names another ``SignatureMethod``."""
    given = {
        **flattened,
        "Action": action,
        "Nonce": "42",
        "SecretId": key.secret_id,
        "Timestamp": str(now_ms // 1000),
        "Version": VERSION,
        **common,
    }
    text = signature.v1_text(method, HOST, given)
    signed = {
        "Signature": signature.v1_signature(key.secret_key, text, common.get("SignatureMethod", "HmacSHA1"))
    }
    encoded = urlencode({**signed, **given}).encode()
    return RawRequest(
        method=method,
        query=encoded if method == "GET" else b"",
        headers={"host": HOST, "content-type": FORM},
        body=encoded if method == "POST" else b"",
    )


def ask(desk: Desk, raw: RawRequest) -> dict[str, Any]:
    """The content of ``Response``."""

    async def answered() -> dict[str, Any]:
        access = Access(Keys(desk.store, desk.clock), Rates(desk.clock))
        answer = await dispatch(desk, access, raw)
        await access.keys.noted()
        return answer

    return wait(answered())


def code_of(answer: dict[str, Any]) -> str:
    """The error's code, or an empty text for success."""
    return str(answer.get("Error", {}).get("Code", ""))


def _tc3(
    method: str,
    key: ApiKey,
    action: str,
    content_type: str,
    query: bytes,
    body: bytes,
    now_ms: int,
    changed: Mapping[str, str],
) -> RawRequest:
    timestamp = now_ms // 1000
    signed = [("content-type", content_type), ("host", HOST)]
    canonical = signature.tc3_canonical(method, query, signed, hashlib.sha256(body).hexdigest())
    made = tc3_signature(key.secret_key, timestamp, "live", canonical)
    headers = {
        **dict(signed),
        "x-tc-action": action,
        "x-tc-version": VERSION,
        "x-tc-timestamp": str(timestamp),
        "authorization": f"TC3-HMAC-SHA256 Credential={key.secret_id}/{times.utc_date(timestamp)}/live/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={made}",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return RawRequest(
        method=method,
        query=query,
        headers={name: value for name, value in headers.items() if value},
        body=body,
    )
