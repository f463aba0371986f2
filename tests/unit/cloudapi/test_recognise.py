"""What kind of request it is, what it asks for, and how large it may be."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.cloudapi import recognise
from airhook.cloudapi.errors import ApiError
from airhook.cloudapi.recognise import RawRequest, Tc3Proof, V1Proof
from airhook.core.accounts import ApiKey
from support.cloud import tc3_get, tc3_post, v1

KEY = ApiKey(secret_id="AKIDTEST", secret_key="secret", account_id=1, enabled=True, created_ms=0)
ACTION = "DescribeLiveDomains"
FLAT = {"DomainPrefix": "a b", "PageSize": "20"}
TREE = {"DomainPrefix": "a b", "PageSize": "20"}


@pytest.mark.parametrize(
    ("raw", "proof", "parameters"),
    [
        pytest.param(tc3_post(KEY, ACTION, {"PageSize": 20}), Tc3Proof, {"PageSize": 20}, id="tc3-post"),
        pytest.param(tc3_post(KEY, ACTION), Tc3Proof, {}, id="tc3-post-without-parameters"),
        pytest.param(tc3_get(KEY, ACTION, FLAT), Tc3Proof, TREE, id="tc3-get"),
        pytest.param(tc3_get(KEY, ACTION, {}), Tc3Proof, {}, id="tc3-get-without-parameters"),
        pytest.param(v1("POST", KEY, ACTION, FLAT), V1Proof, TREE, id="v1-post"),
        pytest.param(v1("GET", KEY, ACTION, FLAT), V1Proof, TREE, id="v1-get"),
        pytest.param(
            v1("GET", KEY, ACTION, FLAT, Language="zh-CN"), V1Proof, TREE, id="v1-common-ones-are-not-its-own"
        ),
    ],
)
def test_kinds(raw: RawRequest, proof: type, parameters: dict[str, Any]) -> None:
    request = recognise.recognise(raw)
    assert isinstance(request.proof, proof)
    assert (request.action, request.proof.secret_id) == (ACTION, KEY.secret_id)
    assert recognise.parameters(raw, request) == parameters


@pytest.mark.parametrize(
    ("raw", "code", "message"),
    [
        pytest.param(
            tc3_post(KEY, ACTION, x_tc_action=""), "MissingParameter", "`X-TC-Action`", id="no-action"
        ),
        pytest.param(
            tc3_post(KEY, ACTION, x_tc_version=""), "MissingParameter", "`X-TC-Version`", id="no-version"
        ),
        pytest.param(
            tc3_post(KEY, ACTION, x_tc_timestamp=""),
            "MissingParameter",
            "`X-TC-Timestamp`",
            id="no-timestamp",
        ),
        pytest.param(
            tc3_post(KEY, ACTION, authorization=""),
            "MissingParameter",
            "`Authorization`",
            id="no-authorization",
        ),
        pytest.param(
            tc3_post(KEY, ACTION, authorization="SKIP"),
            "AuthFailure.InvalidAuthorization",
            "TC3-HMAC-SHA256",
            id="skipped-signature",
        ),
        pytest.param(
            tc3_post(KEY, ACTION, x_tc_timestamp="soon"), "InvalidParameter", "UNIX seconds", id="no-time"
        ),
        pytest.param(
            tc3_post(KEY, "DescribeLiveDomain2"),
            "InvalidAction",
            "The request action=`DescribeLiveDomain2` is invalid or not found in service=`live` and "
            "version=`2018-08-01`.",
            id="unknown-action",
        ),
        pytest.param(
            tc3_post(KEY, ACTION, x_tc_version="2017-03-12"),
            "NoSuchVersion",
            "The specified api version=`2017-03-12` does not exist in service=`live`.",
            id="unknown-version",
        ),
        pytest.param(
            RawRequest(method="POST", query=b"", headers={"host": "h"}, body=b"{}"),
            "MissingParameter",
            "`X-TC-Action`",
            id="a-bare-post",
        ),
        pytest.param(
            RawRequest(method="GET", query=b"Action=DescribeLiveDomains", headers={"host": "h"}, body=b""),
            "MissingParameter",
            "`Version`",
            id="a-bare-get",
        ),
        pytest.param(v1("GET", KEY, ACTION, {}, Nonce=""), "MissingParameter", "`Nonce`", id="v1-no-nonce"),
        pytest.param(v1("GET", KEY, ACTION, {}, Nonce="x"), "InvalidParameter", "Nonce", id="v1-odd-nonce"),
        pytest.param(
            v1("GET", KEY, ACTION, {}, Signature=""), "MissingParameter", "`Signature`", id="v1-unsigned"
        ),
        pytest.param(
            v1("GET", KEY, ACTION, {}, SecretId=""), "MissingParameter", "`SecretId`", id="v1-nobody"
        ),
        pytest.param(
            v1("GET", KEY, ACTION, {}, SignatureMethod="HmacMD5"),
            "InvalidParameterValue",
            "HmacSHA1",
            id="v1-method",
        ),
    ],
)
def test_refusals(raw: RawRequest, code: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        recognise.recognise(raw)
    assert caught.value.code == code
    assert message in caught.value.message("en-US")


def padded(size: int) -> dict[str, str]:
    return {"DomainPrefix": "a" * size}


def body_of(size: int) -> RawRequest:
    raw = tc3_post(KEY, ACTION)
    return RawRequest(method=raw.method, query=raw.query, headers=raw.headers, body=b" " * size)


def form_of(size: int) -> RawRequest:
    raw = v1("POST", KEY, ACTION, padded(size))
    assert len(raw.body) > size
    return raw


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(tc3_get(KEY, ACTION, padded(32 * 1024)), id="a-query-of-more-than-32-kib"),
        pytest.param(v1("GET", KEY, ACTION, padded(32 * 1024)), id="a-v1-query-of-more-than-32-kib"),
        pytest.param(form_of(1024 * 1024), id="a-form-of-more-than-1-mib"),
        pytest.param(body_of(10 * 1024 * 1024 + 1), id="a-body-of-more-than-10-mib"),
    ],
)
def test_too_large(raw: RawRequest) -> None:
    with pytest.raises(ApiError) as caught:
        recognise.recognise(raw)
    assert caught.value.code == "RequestSizeLimitExceeded"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(tc3_get(KEY, ACTION, padded(32 * 1024 - 100)), id="query"),
        pytest.param(form_of(1024 * 1024 - 1000), id="form"),
        pytest.param(body_of(10 * 1024 * 1024), id="body"),
    ],
)
def test_large_enough(raw: RawRequest) -> None:
    assert recognise.recognise(raw).action == ACTION


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[]", id="list"),
        pytest.param(b'"text"', id="text"),
        pytest.param(b"{", id="cut-off"),
        pytest.param(b'{"A":"\xff"}', id="not-utf-8"),
        pytest.param(b'{"A":"\\ud800"}', id="half-a-surrogate-pair"),
        pytest.param(b"[" * 100_000, id="very-deep"),
        pytest.param(b'{"A":1e999}', id="number-beyond-all"),
        pytest.param(b"A=1", id="form"),
    ],
)
def test_a_body_must_be_a_json_object(body: bytes) -> None:
    raw = tc3_post(KEY, ACTION)
    raw = RawRequest(method="POST", query=b"", headers=raw.headers, body=body)
    with pytest.raises(ApiError) as caught:
        recognise.parameters(raw, recognise.recognise(raw))
    assert caught.value.code == "InvalidParameter"


_NAMES = st.sampled_from(
    [
        "host",
        "content-type",
        "authorization",
        "x-tc-action",
        "x-tc-version",
        "x-tc-timestamp",
        "x-tc-language",
    ]
)
_VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from([ACTION, "2018-08-01", "1768478400", "application/x-www-form-urlencoded"]),
)


@settings(deadline=None)
@given(
    st.sampled_from(["GET", "POST"]),
    st.binary(max_size=60),
    st.dictionaries(_NAMES, _VALUES),
    st.one_of(st.binary(max_size=60), st.just(b"Action=DescribeLiveDomains&Version=2018-08-01")),
)
def test_any_request_is_understood_or_refused(
    method: str, query: bytes, headers: dict[str, str], body: bytes
) -> None:
    raw = RawRequest(method=method, query=query, headers=headers, body=body)
    try:
        request = recognise.recognise(raw)
        recognise.parameters(raw, request)
    except ApiError:
        return
    assert request.action == ACTION
