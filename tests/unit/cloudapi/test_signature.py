"""Signatures against the service's own examples and what its SDK was seen to send."""

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.cloudapi import signature, times
from airhook.cloudapi.errors import InvalidAuthorization
from support.cloud import tc3_signature

DOC_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
KEY = "sKtestsecretsecretsecretsecret01"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def canonical(
    method: str, content_type: str, host: str, *, query: bytes = b"", body: bytes = b"", action: str = ""
) -> bytes:
    headers = [("content-type", content_type), ("host", host)] + ([("x-tc-action", action)] if action else [])
    return signature.tc3_canonical(method, query, headers, hashlib.sha256(body).hexdigest())


TC3_SIGNATURES = [
    pytest.param(
        DOC_KEY,
        1539084154,
        "cvm",
        canonical("GET", FORM, "cvm.tencentcloudapi.com", query=b"Limit=10&Offset=0"),
        "5da7a33f6993f0614b047e5df4582db9e9bf4672ba50567dba16c6ccf174c474",
        id="documented-get",
    ),
    pytest.param(
        KEY,
        1795489067,
        "live",
        canonical("POST", JSON, "127.0.0.1:18555", body=b'{"TemplateId": 1}'),
        "d4dc7308abfcb47f52b2089da14b0e707f610edab9633215ce5e3dd92dfa89cc",
        id="sdk-post",
    ),
    pytest.param(
        KEY,
        1795489099,
        "live",
        canonical("POST", JSON, "http://127.0.0.1:18555", body=b'{"TemplateId": 5}'),
        "95e7cec37b34f78d282982f655de4ac3d4832a1b6df509384218027b7164e25d",
        id="command-line-with-scheme-in-host",
    ),
    pytest.param(
        KEY,
        1795489042,
        "live",
        canonical("GET", FORM, "127.0.0.1:18555"),
        "fdb623ea65bc50f7a39b6274f1bf4a8271f82023c5c6af4b55e0be7ec44a6a04",
        id="sdk-get-without-parameters",
    ),
]


@pytest.mark.parametrize(("key", "timestamp", "service", "text", "expected"), TC3_SIGNATURES)
def test_tc3_signature(key: str, timestamp: int, service: str, text: bytes, expected: str) -> None:
    assert tc3_signature(key, timestamp, service, text) == expected


CANONICAL_HASHES = [
    pytest.param(
        canonical(
            "POST",
            "application/json; charset=utf-8",
            "cvm.tencentcloudapi.com",
            action="describeinstances",
            body=rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
        ),
        "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84",
        id="documented-post-with-signed-action",
    ),
    pytest.param(
        canonical("POST", JSON, "127.0.0.1:18555", body=b'{"TemplateId": 1}'),
        "2942dc28367415ee5c2d02b3eb37a82bcdfd81f0644c73de88c039331e3d78e3",
        id="sdk-post",
    ),
    pytest.param(
        canonical("GET", FORM, "127.0.0.1:18555"),
        "9c550ec7e683eb3802c66a01c7aff4e9df11833d6d1a0813fbdeff02aaa8ce35",
        id="sdk-get",
    ),
]


@pytest.mark.parametrize(("text", "expected"), CANONICAL_HASHES)
def test_canonical_request(text: bytes, expected: str) -> None:
    assert hashlib.sha256(text).hexdigest() == expected


V1_TEXT = (
    "POST127.0.0.1:18555/?Action=CreateLiveCallbackTemplate&CallbackKey=Abc123&Description=a b+c~d&Language=zh-CN"
    "&Nonce=3816112289147462247&RecordExceptionLevels.0=error&RecordExceptionLevels.1=warning"
    "&RequestClient=SDK_PYTHON_3.1.195&SecretId=AKIDTESTTESTTESTTESTTESTTESTTEST01&SignatureMethod=HmacSHA1"
    "&StreamBeginNotifyUrl=http://127.0.0.1:9/cb?x=1&y=2&TemplateName=测试 name_1&Timestamp=1795489042"
    "&Version=2018-08-01"
)
V1_PARAMETERS = {
    "TemplateName": "测试 name_1",
    "Description": "a b+c~d",
    "StreamBeginNotifyUrl": "http://127.0.0.1:9/cb?x=1&y=2",
    "CallbackKey": "Abc123",
    "RecordExceptionLevels.0": "error",
    "RecordExceptionLevels.1": "warning",
    "Action": "CreateLiveCallbackTemplate",
    "RequestClient": "SDK_PYTHON_3.1.195",
    "Nonce": "3816112289147462247",
    "Timestamp": "1795489042",
    "Version": "2018-08-01",
    "SecretId": "AKIDTESTTESTTESTTESTTESTTESTTEST01",
    "SignatureMethod": "HmacSHA1",
    "Language": "zh-CN",
    "Signature": "ECh13QTRftx0Cc2WQkVOKphTUKo=",
}


def test_v1_text_holds_sorted_names_and_raw_values() -> None:
    assert signature.v1_text("POST", "127.0.0.1:18555", V1_PARAMETERS) == V1_TEXT


def test_v1_signature() -> None:
    assert signature.v1_signature(KEY, V1_TEXT, "HmacSHA1") == "ECh13QTRftx0Cc2WQkVOKphTUKo="


def test_documented_v1_signature() -> None:
    text = (
        "GETcvm.tencentcloudapi.com/?Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Limit=20&Nonce=11886&Offset=0"
        "&Region=ap-guangzhou&SecretId=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE&Timestamp=1465185768&Version=2017-03-12"
    )
    assert signature.v1_signature(DOC_KEY, text, "HmacSHA1") == "EliP9YW3pW28FpsEdkXt/+WcGeI="


V1_CHANGES: list[Any] = [
    pytest.param({}, True, id="as-sent"),
    pytest.param({"host": "127.0.0.1:18556"}, False, id="another-host"),
    pytest.param({"method": "GET"}, False, id="another-method"),
    pytest.param({"algorithm": "HmacSHA256"}, False, id="another-algorithm"),
    pytest.param({"secret_key": KEY + "x"}, False, id="another-key"),
    pytest.param({"parameters": {**V1_PARAMETERS, "CallbackKey": "Abc124"}}, False, id="another-value"),
    pytest.param({"parameters": {**V1_PARAMETERS, "X": ""}}, False, id="one-more-parameter"),
]


@pytest.mark.parametrize(("change", "expected"), V1_CHANGES)
def test_matches_v1(change: dict[str, Any], expected: bool) -> None:
    call: dict[str, Any] = {
        "secret_key": KEY,
        "signature": "ECh13QTRftx0Cc2WQkVOKphTUKo=",
        "method": "POST",
        "host": "127.0.0.1:18555",
        "parameters": V1_PARAMETERS,
        "algorithm": "HmacSHA1",
    }
    assert signature.matches_v1(**{**call, **change}) is expected


@pytest.mark.parametrize(
    ("sent", "signed", "expected"),
    [
        pytest.param("localhost:8080", "localhost", True, id="signed-without-port"),
        pytest.param("http://localhost:8080", "http://localhost:8080", True, id="with-scheme"),
        pytest.param("localhost:8080/api", "localhost:8080/api", True, id="with-path"),
        pytest.param("localhost:8080", "localhost:9090", False, id="another-port"),
    ],
)
def test_which_text_of_the_host_v1_may_sign(sent: str, signed: str, expected: bool) -> None:
    made = signature.v1_signature(KEY, signature.v1_text("GET", signed, {"Nonce": "1"}), "HmacSHA256")
    call: dict[str, Any] = {"method": "GET", "parameters": {"Nonce": "1"}, "algorithm": "HmacSHA256"}
    assert signature.matches_v1(KEY, made, host=sent, **call) is expected


POST_HEADERS = {"content-type": JSON, "host": "127.0.0.1:18555", "x-tc-action": "DeleteLiveCallbackTemplate"}
POST_SIGNATURE = "d4dc7308abfcb47f52b2089da14b0e707f610edab9633215ce5e3dd92dfa89cc"


def authorization(**change: Any) -> signature.Authorization:
    given: dict[str, Any] = {
        "secret_id": "AKIDTEST",
        "date": "2026-11-24",
        "service": "live",
        "signed_headers": ("content-type", "host"),
        "signature": POST_SIGNATURE,
    }
    return signature.Authorization(**{**given, **change})


def matches(**change: Any) -> bool:
    call: dict[str, Any] = {
        "secret_key": KEY,
        "authorization": authorization(),
        "timestamp": 1795489067,
        "method": "POST",
        "query": b"",
        "headers": POST_HEADERS,
        "payload": b'{"TemplateId": 1}',
    }
    return signature.matches_tc3(**{**call, **change})


TC3_CHANGES: list[Any] = [
    pytest.param({}, True, id="as-sent"),
    pytest.param({"query": b"x=1"}, True, id="a-post-signs-no-query"),
    pytest.param({"payload": b'{"TemplateId": 2}'}, False, id="another-body"),
    pytest.param({"payload": signature.UNSIGNED_PAYLOAD}, False, id="payload-declared-unsigned-afterwards"),
    pytest.param({"timestamp": 1795489068}, False, id="another-second"),
    pytest.param({"method": "GET"}, False, id="another-method"),
    pytest.param({"secret_key": KEY + "x"}, False, id="another-key"),
    pytest.param({"headers": {**POST_HEADERS, "host": "127.0.0.1:18556"}}, False, id="another-host"),
    pytest.param({"headers": {**POST_HEADERS, "content-type": "text/plain"}}, False, id="another-type"),
    pytest.param({"authorization": authorization(date="2026-11-25")}, False, id="another-day"),
    pytest.param({"authorization": authorization(service="cvm")}, False, id="another-service"),
    pytest.param({"authorization": authorization(signature="0" * 64)}, False, id="a-guess"),
]


@pytest.mark.parametrize(("change", "expected"), TC3_CHANGES)
def test_matches_tc3(change: dict[str, Any], expected: bool) -> None:
    assert matches(**change) is expected


SIGNED_HOSTS = [
    pytest.param("127.0.0.1:8080", "127.0.0.1:8080", "live", True, id="as-sent"),
    pytest.param("http://127.0.0.1:8080", "http://127.0.0.1:8080", "live", True, id="with-scheme"),
    pytest.param("127.0.0.1:8080/api", "127.0.0.1:8080/api", "live", True, id="with-path"),
    pytest.param("localhost:8080", "localhost", "live", True, id="signed-without-port"),
    pytest.param("Live.Example.com", "live.example.com", "live", True, id="signed-in-lower-case"),
    pytest.param("Live.Example.com", "Live.Example.com", "live", True, id="signed-in-its-own-case"),
    pytest.param("hooks.example.com", "hooks.example.com", "hooks", True, id="service-from-first-label"),
    pytest.param("localhost:8080", "localhost:8080", "localhost", True, id="service-from-host-without-port"),
    pytest.param("127.0.0.1:8080", "127.0.0.1", "127", True, id="as-the-node-sdk-signs"),
    pytest.param(
        "http://127.0.0.1:8080", "http://127.0.0.1", "127", True, id="service-from-label-after-scheme"
    ),
    pytest.param("localhost:8080", "localhost:8080", "cvm", False, id="service-of-another-product"),
    pytest.param("example.com", "example.org", "live", False, id="another-host"),
    pytest.param("localhost", "localhost:8080", "live", False, id="a-port-that-was-not-sent"),
]


@pytest.mark.parametrize(("sent", "signed", "service", "expected"), SIGNED_HOSTS)
def test_which_text_of_the_host_may_be_signed(sent: str, signed: str, service: str, expected: bool) -> None:
    body = b"{}"
    text = canonical("POST", JSON, signed, body=body)
    made = tc3_signature(KEY, 1795489067, service, text)
    assert (
        matches(
            authorization=authorization(service=service, signature=made),
            headers={"content-type": JSON, "host": sent},
            payload=body,
        )
        is expected
    )


def test_a_get_signs_its_query_as_it_was_sent() -> None:
    query = b"TemplateName=%E6%B5%8B+1&Description="
    made = tc3_signature(KEY, 1795489067, "live", canonical("GET", FORM, "h", query=query))
    call = {
        "authorization": authorization(signature=made),
        "method": "GET",
        "headers": {"content-type": FORM, "host": "h"},
        "payload": b"",
    }
    assert matches(query=query, **call)
    assert not matches(query=b"Description=&TemplateName=%E6%B5%8B+1", **call)


def test_the_date_must_be_that_of_the_timestamp() -> None:
    timestamp, another_day = 1795489067, 1795489067 + 86_400
    text = canonical("POST", JSON, POST_HEADERS["host"], body=b"{}")
    key = signature.tc3_key(KEY, times.utc_date(another_day), "live")
    made = signature.tc3_sign(key, timestamp, f"{times.utc_date(another_day)}/live/tc3_request", text)
    signed = authorization(date=times.utc_date(another_day), signature=made)
    assert not matches(authorization=signed, timestamp=timestamp, payload=b"{}")


def test_a_signed_header_must_be_there() -> None:
    with pytest.raises(InvalidAuthorization, match="x-tc-nonce"):
        matches(authorization=authorization(signed_headers=("content-type", "host", "x-tc-nonce")))


GOOD = (
    f"TC3-HMAC-SHA256 Credential=AKIDTEST/2026-11-24/live/tc3_request, SignedHeaders=content-type;host, "
    f"Signature={POST_SIGNATURE}"
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD, id="as-the-sdk-sends-it"),
        pytest.param(GOOD.replace(", ", ","), id="without-spaces"),
        pytest.param(f"  {GOOD} ", id="padded"),
        pytest.param(GOOD.replace("content-type;host", "Content-Type;Host"), id="upper-case-names"),
    ],
)
def test_parse_authorization(text: str) -> None:
    assert signature.parse_authorization(text) == authorization()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("SKIP", id="unsigned-on-purpose"),
        pytest.param("", id="empty"),
        pytest.param("Basic dXNlcjpwYXNz", id="another-scheme"),
        pytest.param(GOOD.replace("tc3_request", "aws4_request"), id="another-terminator"),
        pytest.param(GOOD.replace("2026-11-24", "20261124"), id="another-form-of-date"),
        pytest.param(GOOD[:-1], id="short-signature"),
        pytest.param(GOOD.replace("content-type;host", "host"), id="content-type-not-signed"),
        pytest.param(GOOD.replace("content-type;host", "content-type"), id="host-not-signed"),
        pytest.param(GOOD.replace("AKIDTEST", ""), id="no-secret-id"),
    ],
)
def test_parse_authorization_refuses(text: str) -> None:
    with pytest.raises(InvalidAuthorization):
        signature.parse_authorization(text)


_BYTES = st.binary(max_size=200).map(lambda value: value.decode("latin-1"))
_PIECES = st.sampled_from(
    [*GOOD.split(" "), "Credential=", "/", ",", ";", "=", " ", "\x00", "\xff", "tc3_request"]
)


@settings(deadline=None)
@given(st.one_of(_BYTES, st.lists(_PIECES, max_size=12).map("".join)))
def test_parse_authorization_raises_nothing_but_its_own_error(text: str) -> None:
    try:
        parsed = signature.parse_authorization(text)
    except InvalidAuthorization:
        return
    assert set(signature.REQUIRED_HEADERS) <= set(parsed.signed_headers)
    assert len(parsed.signature) == 64
