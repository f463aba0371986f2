"""What kind of request this is and what it asks for (contract 4.1).

======================  ==========================================  ====================
kind                    recognised by                               parameters
======================  ==========================================  ====================
TC3 POST                header Authorization or X-TC-Action         JSON body
TC3 GET                 the same                                    query, flattened
v1 POST                 neither header, a form as the body          form, flattened
v1 GET                  neither header                              query, flattened
======================  ==========================================  ====================
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from airhook.cloudapi import catalogue, signature, text_parameters
from airhook.cloudapi.errors import (
    InvalidAction,
    InvalidParameter,
    InvalidParameterValue,
    MissingParameter,
    NoSuchVersion,
    RequestSizeLimitExceeded,
)

GET_LIMIT = 32 * 1024  # bytes of the query
FORM_LIMIT = 1024 * 1024  # bytes of a v1 body
JSON_LIMIT = 10 * 1024 * 1024  # bytes of a TC3 body

_FORM = "application/x-www-form-urlencoded"
_COMMON = frozenset(
    {
        "Action",
        "Language",
        "Nonce",
        "Region",
        "RequestClient",
        "SecretId",
        "Signature",
        "SignatureMethod",
        "Timestamp",
        "Token",
        "Version",
    }
)
_SECONDS = re.compile(r"[0-9]{1,11}\Z")  # until the year 5138
_NONCE = re.compile(r"[0-9]{1,19}\Z")


class RawRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request as it came. Header names are in lower case; the first of a repeated one counts."""

    method: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes
    address: str = ""  # of who asks


class Tc3Proof(msgspec.Struct, frozen=True):
    """A signature in the Authorization header."""

    authorization: signature.Authorization

    @property
    def secret_id(self) -> str:
        return self.authorization.secret_id


class V1Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A signature among the parameters."""

    secret_id: str
    signature: str
    algorithm: str
    signed: dict[str, str]  # every decoded parameter


class ApiRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, not yet believed."""

    action: str
    version: str
    timestamp: int  # UNIX seconds
    token: str
    language: str
    proof: Tc3Proof | V1Proof


def body_limit(headers: Mapping[str, str]) -> int:
    """How many bytes the body of a POST may have."""
    return JSON_LIMIT if _speaks_tc3("POST", headers) else FORM_LIMIT


def signed_outside(raw: RawRequest) -> bool:
    """Whether who asks for what can be read without the body."""
    return _speaks_tc3(raw.method, raw.headers)


def recognise(raw: RawRequest) -> ApiRequest:
    """Read a request. Raises the gateway's errors in the order of contract 4.6."""
    if raw.method == "GET" and len(raw.query) > GET_LIMIT:
        raise RequestSizeLimitExceeded(f"a query may have {GET_LIMIT} bytes")
    if len(raw.body) > body_limit(raw.headers):
        raise RequestSizeLimitExceeded(f"this kind of body may have {body_limit(raw.headers)} bytes")
    return _recognise_tc3(raw) if _speaks_tc3(raw.method, raw.headers) else _recognise_v1(raw)


def parameters(raw: RawRequest, request: ApiRequest) -> dict[str, Any]:
    """The action's own parameters, as their JSON would be. To be read once the caller is known."""
    if isinstance(request.proof, V1Proof):
        own = {name: value for name, value in request.proof.signed.items() if name not in _COMMON}
        return text_parameters.unflatten(own)
    if raw.method == "GET":
        return text_parameters.unflatten(text_parameters.parse_pairs(raw.query))
    return _json_object(raw.body)


def _speaks_tc3(method: str, headers: Mapping[str, str]) -> bool:
    if "authorization" in headers or "x-tc-action" in headers:
        return True
    return method == "POST" and not headers.get("content-type", "").lower().startswith(_FORM)


def _recognise_tc3(raw: RawRequest) -> ApiRequest:
    headers = raw.headers
    action, version = _known(_given(headers, "X-TC-Action"), _given(headers, "X-TC-Version"))
    timestamp = _seconds("X-TC-Timestamp", _given(headers, "X-TC-Timestamp"))
    authorization = signature.parse_authorization(_given(headers, "Authorization"))
    return ApiRequest(
        action=action,
        version=version,
        timestamp=timestamp,
        token=headers.get("x-tc-token", ""),
        language=headers.get("x-tc-language", ""),
        proof=Tc3Proof(authorization),
    )


def _recognise_v1(raw: RawRequest) -> ApiRequest:
    pairs = text_parameters.parse_pairs(raw.query if raw.method == "GET" else raw.body)
    action, version = _known(_required(pairs, "Action"), _required(pairs, "Version"))
    timestamp = _seconds("Timestamp", _required(pairs, "Timestamp"))
    if not _NONCE.match(_required(pairs, "Nonce")):
        raise InvalidParameter("Nonce must be a positive integer")
    algorithm = pairs.get("SignatureMethod") or signature.V1_METHODS[0]
    if algorithm not in signature.V1_METHODS:
        raise InvalidParameterValue(f"SignatureMethod must be {' or '.join(signature.V1_METHODS)}")
    proof = V1Proof(
        secret_id=_required(pairs, "SecretId"),
        signature=_required(pairs, "Signature"),
        algorithm=algorithm,
        signed=pairs,
    )
    return ApiRequest(
        action=action,
        version=version,
        timestamp=timestamp,
        token=pairs.get("Token", ""),
        language=pairs.get("Language", ""),
        proof=proof,
    )


def _known(action: str, version: str) -> tuple[str, str]:
    if version != catalogue.VERSION:
        raise NoSuchVersion(version)
    if action not in catalogue.ACTIONS:
        raise InvalidAction(action, version)
    return action, version


def _given(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name.lower(), "").strip()
    if not value:
        raise MissingParameter(name)
    return value


def _required(pairs: Mapping[str, str], name: str) -> str:
    if not pairs.get(name):
        raise MissingParameter(name)
    return pairs[name]


def _seconds(name: str, text: str) -> int:
    if not _SECONDS.match(text):
        raise InvalidParameter(f"{name} must be UNIX seconds")
    return int(text)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body or b"{}")
    except (msgspec.MsgspecError, ValueError, RecursionError) as wrong:
        raise InvalidParameter(f"the body is no JSON ({wrong})") from None
    if not isinstance(value, dict):
        raise InvalidParameter("the body must be a JSON object")
    return value
