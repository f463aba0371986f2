"""What the gateway refuses before an action is asked: codes, and the texts that are on record (contract 4.6)."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from airhook.cloudapi import errors
from airhook.cloudapi.errors import ApiError
from airhook.cloudapi.rates import Rates
from airhook.cloudapi.recognise import GET_LIMIT, RawRequest
from airhook.core.accounts import ApiKey
from support.api_server import ApiServer
from support.cloud import tc3_get, tc3_post, v1
from support.desk import NOW_MS, open_desk, wait
from support.http_server import Browser
from support.sdk_steps import STEPS
from support.wrong_calls import WRONG

ACTION = "DescribeLiveDomains"
LIMITED = "DescribeLivePushAuthKey"
KEY = ApiKey(secret_id="AKIDGATEWAY", secret_key="secret", account_id=1, enabled=True, created_ms=0)
STRANGER = msgspec.structs.replace(KEY, secret_id="AKIDNOBODY")
FORGER = msgspec.structs.replace(KEY, secret_key="guess")
LIMIT_TEXT = (
    "Your current request times equals to `2` in a second, which exceeds the frequency limit `1` for a second. "
    "Please reduce the frequency of calls."
)
LATE_MS = NOW_MS + 301_000

NOT_FOUND_TEXT = "The SecretId is not found, please ensure that your SecretId is correct."
FAILURE_TEXT = "The provided credentials could not be validated. Please check your signature is correct."

CASES: list[tuple[str, RawRequest, str, str]] = [
    ("skipped", tc3_post(KEY, ACTION, authorization="SKIP"), "AuthFailure.InvalidAuthorization", ""),
    ("unknown-key", tc3_post(STRANGER, ACTION), "AuthFailure.SecretIdNotFound", NOT_FOUND_TEXT),
    (
        "unknown-key-in-chinese",
        tc3_post(STRANGER, ACTION, x_tc_language="zh-CN"),
        "AuthFailure.SecretIdNotFound",
        "SecretId不存在，请输入正确的密钥。",
    ),
    ("forged", tc3_post(FORGER, ACTION), "AuthFailure.SignatureFailure", FAILURE_TEXT),
    (
        "forged-in-chinese",
        v1("GET", FORGER, ACTION, {}, Language="zh-CN"),
        "AuthFailure.SignatureFailure",
        "请求签名验证失败，请检查您的签名计算是否正确。",
    ),
    ("late", tc3_post(KEY, ACTION, now_ms=LATE_MS), "AuthFailure.SignatureExpire", ""),
    ("with-a-token", tc3_post(KEY, ACTION, x_tc_token="temporary"), "AuthFailure.TokenFailure", ""),
    (
        "no-action",
        tc3_post(KEY, ACTION, x_tc_action=""),
        "MissingParameter",
        "The request is missing a required parameter `X-TC-Action`.",
    ),
    (
        "no-parameter",
        tc3_post(KEY, "DescribeLiveDomain"),
        "MissingParameter",
        "The request is missing a required parameter `DomainName`.",
    ),
    (
        "unknown-parameter",
        tc3_post(KEY, ACTION, {"Domain": "a"}),
        "UnknownParameter",
        "The parameter `Domain` is not recognized.",
    ),
    (
        "unknown-action",
        tc3_post(KEY, "DescribeInstances"),
        "InvalidAction",
        "The request action=`DescribeInstances` is invalid or not found in service=`live` and version=`2018-08-01`.",
    ),
    (
        "unknown-version",
        tc3_post(KEY, ACTION, x_tc_version="2016-01-01"),
        "NoSuchVersion",
        "The specified api version=`2016-01-01` does not exist in service=`live`.",
    ),
    (
        "no-equals-sign",
        RawRequest(method="GET", query=b"Action&Version=2018-08-01", headers={"host": "h"}, body=b""),
        "InvalidParameter",
        "Url key and value should be splited by `=`.",
    ),
    ("not-ours", tc3_post(KEY, "CreateLiveTranscodeTemplate"), "UnsupportedOperation", ""),
    ("too-large", tc3_get(KEY, ACTION, {"DomainPrefix": "a" * GET_LIMIT}), "RequestSizeLimitExceeded", ""),
    (
        "too-often",
        tc3_post(KEY, LIMITED, {"DomainName": "a.example.com"}),
        "RequestLimitExceeded",
        LIMIT_TEXT,
    ),
]
ELSEWHERE = {"InternalError", "ServiceUnavailable", "FailedOperation.DeleteDomainInLockedTime"}
"""Faults of ours, which the tests of the dispatcher make; the lock of a domain, which ``test_media_actions`` makes."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    with open_desk(tmp_path_factory.mktemp("gateway")) as desk:
        wait(desk.store.transact(lambda tx: tx.put_api_key(KEY)))
        rates = Rates(desk.clock, chosen={LIMITED: 1})
        with ApiServer(desk, rates=rates) as server:
            answered(server, tc3_post(KEY, LIMITED, {"DomainName": "a.example.com"}))
            yield server


def answered(server: ApiServer, raw: RawRequest) -> dict[str, Any]:
    target = f"/?{raw.query.decode()}" if raw.query else "/"
    answer = Browser(f"127.0.0.1:{server.port}").ask(raw.method, target, raw.body, dict(raw.headers))
    assert (answer.status, answer.headers.get_all("content-type")) == (200, ["application/json"])
    response = answer.json()["Response"]
    assert isinstance(response, dict)
    assert response["RequestId"]
    return response


@pytest.mark.parametrize(("raw", "code", "text"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_refusals(server: ApiServer, raw: RawRequest, code: str, text: str) -> None:
    error = answered(server, raw)["Error"]
    assert error["Code"] == code
    assert not text or error["Message"] == text


def test_every_code_that_airhook_has_is_produced() -> None:
    had = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ApiError) and kind is not ApiError
    }
    produced = {case[2] for case in CASES} | {row[2] for row in WRONG} | {step.code for step in STEPS}
    assert had == (produced | ELSEWHERE) - {""}
