"""Who asks: a key pair, a signature no older than five minutes (contract 4.2, 4.6; design 8)."""

from typing import NamedTuple

from airhook.cloudapi import signature
from airhook.cloudapi.errors import (
    SecretIdNotFound,
    ServiceUnavailable,
    SignatureExpire,
    SignatureFailure,
    TokenFailure,
)
from airhook.cloudapi.keys import Keys
from airhook.cloudapi.rates import Rates
from airhook.cloudapi.recognise import ApiRequest, RawRequest, Tc3Proof
from airhook.control.base import Desk
from airhook.core.accounts import ApiKey
from airhook.core.errors import UnavailableError

MAX_SKEW_S = 300


class Access(NamedTuple):
    """What is known of those who call."""

    keys: Keys
    rates: Rates


async def authenticate(desk: Desk, access: Access, raw: RawRequest, request: ApiRequest) -> ApiKey:
    """Find the key that signed.

    Raises the errors of ``AuthFailure`` and ``RequestLimitExceeded``, in the order of contract 4.6.
    """
    key = await known_key(access.keys, request)
    if abs(desk.clock.now_ms() / 1000 - request.timestamp) > MAX_SKEW_S:
        raise SignatureExpire
    if not _is_signed(key, raw, request):
        raise SignatureFailure
    if request.token:
        raise TokenFailure
    access.keys.used(key)
    access.rates.count(key.secret_id, request.action)
    return key


async def known_key(keys: Keys, request: ApiRequest) -> ApiKey:
    """The key that a request names, whether it signed or not. Raises ``SecretIdNotFound`` or ``ServiceUnavailable``."""
    secret_id = request.proof.secret_id
    try:
        key = await keys.get(secret_id) if _is_plain(secret_id) else None
    except UnavailableError as error:
        raise ServiceUnavailable from error
    if key is None or not key.enabled:
        raise SecretIdNotFound
    return key


def _is_plain(secret_id: str) -> bool:
    return secret_id.isascii() and secret_id.isalnum() and len(secret_id) <= 128


def _is_signed(key: ApiKey, raw: RawRequest, request: ApiRequest) -> bool:
    if isinstance(request.proof, Tc3Proof):
        unsigned = raw.headers.get("x-tc-content-sha256") == signature.UNSIGNED_PAYLOAD.decode()
        return signature.matches_tc3(
            key.secret_key,
            request.proof.authorization,
            request.timestamp,
            method=raw.method,
            query=raw.query,
            headers=raw.headers,
            payload=signature.UNSIGNED_PAYLOAD if unsigned else raw.body,
        )
    return signature.matches_v1(
        key.secret_key,
        request.proof.signature,
        method=raw.method,
        host=raw.headers.get("host", ""),
        parameters=request.proof.signed,
        algorithm=request.proof.algorithm,
    )
