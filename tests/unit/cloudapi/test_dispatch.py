"""The chain: who is let through, in which order it refuses, and the form of its answers."""

import logging
import uuid
from typing import Any

import pytest

from airhook.cloudapi import actions
from airhook.cloudapi.recognise import RawRequest
from airhook.cloudapi.registry import Call
from airhook.control import accounts, domains
from airhook.core.accounts import ApiKey
from airhook.core.errors import UnavailableError
from support.cloud import ask, code_of, tc3_get, tc3_post, v1
from support.desk import NOW_MS, TestDesk, wait

ACTION = "DescribeLiveDomains"


def changed(raw: RawRequest, **change: Any) -> RawRequest:
    return RawRequest(
        method=raw.method,
        query=change.get("query", raw.query),
        headers=raw.headers,
        body=change.get("body", raw.body),
    )


def test_an_answer_has_its_fields_and_a_request_id(desk: TestDesk, key: ApiKey) -> None:
    answer = ask(desk, tc3_post(key, ACTION))
    assert uuid.UUID(answer.pop("RequestId")).version == 4
    assert answer == {"AllCount": 0, "DomainList": [], "CreateLimitCount": 100, "PlayTypeCount": [0, 0, 0]}


def test_an_error_has_the_same_frame(desk: TestDesk, key: ApiKey) -> None:
    answer = ask(desk, tc3_post(key, "DescribeLiveCallbackTemplate", {"TemplateId": 9}))
    assert set(answer) == {"Error", "RequestId"}
    assert answer["Error"]["Code"] == "FailedOperation.NotFound"
    assert answer["Error"]["Message"] == "The record is not found: callback template 9 does not exist."


def test_each_request_has_its_own_id(desk: TestDesk, key: ApiKey) -> None:
    raw = tc3_post(key, ACTION)
    assert ask(desk, raw)["RequestId"] != ask(desk, raw)["RequestId"]


@pytest.mark.parametrize("method", ["HmacSHA1", "HmacSHA256"])
@pytest.mark.parametrize("http", ["GET", "POST"])
def test_v1_signatures(desk: TestDesk, key: ApiKey, http: str, method: str) -> None:
    raw = v1(http, key, ACTION, {"PageSize": "20"}, SignatureMethod=method)
    assert ask(desk, raw)["AllCount"] == 0


def test_tc3_get(desk: TestDesk, key: ApiKey) -> None:
    assert ask(desk, tc3_get(key, ACTION, {"PageSize": "20"}))["AllCount"] == 0


@pytest.mark.parametrize(
    ("off_s", "code"),
    [
        pytest.param(-300, "", id="five-minutes-slow"),
        pytest.param(300, "", id="five-minutes-fast"),
        pytest.param(-302, "AuthFailure.SignatureExpire", id="slower"),
        pytest.param(302, "AuthFailure.SignatureExpire", id="faster"),
    ],
)
def test_clocks_may_differ_by_five_minutes(desk: TestDesk, key: ApiKey, off_s: int, code: str) -> None:
    now_ms = NOW_MS + off_s * 1000
    assert code_of(ask(desk, tc3_post(key, ACTION, now_ms=now_ms))) == code
    assert code_of(ask(desk, v1("GET", key, ACTION, {}, now_ms=now_ms))) == code


def test_an_unknown_key(desk: TestDesk) -> None:
    stranger = ApiKey(secret_id="AKIDNOBODY", secret_key="x", account_id=1, enabled=True, created_ms=0)
    answer = ask(desk, tc3_post(stranger, ACTION))
    assert code_of(answer) == "AuthFailure.SecretIdNotFound"
    assert answer["Error"]["Message"] == (
        "The SecretId is not found, please ensure that your SecretId is correct."
    )


def test_a_disabled_key(desk: TestDesk, key: ApiKey) -> None:
    raw = tc3_post(key, ACTION)
    assert code_of(ask(desk, raw)) == ""
    wait(accounts.enable_api_key(desk, key.account_id, key.secret_id, enabled=False))
    assert code_of(ask(desk, raw)) == "AuthFailure.SecretIdNotFound"


@pytest.mark.parametrize("secret_id", ["a\0b", "测试", "x" * 129, "a-b"])
def test_odd_key_names_are_unknown(desk: TestDesk, secret_id: str) -> None:
    stranger = ApiKey(secret_id=secret_id, secret_key="x", account_id=1, enabled=True, created_ms=0)
    assert code_of(ask(desk, v1("GET", stranger, ACTION, {}))) == "AuthFailure.SecretIdNotFound"


def test_a_changed_request_is_not_signed(desk: TestDesk, key: ApiKey) -> None:
    tampered = [
        changed(tc3_post(key, ACTION), body=b'{"PageSize": 20}'),
        changed(tc3_get(key, ACTION, {"PageSize": "20"}), query=b"PageSize=30"),
        changed(v1("GET", key, ACTION, {}), query=v1("GET", key, ACTION, {}).query + b"&PageSize=30"),
        tc3_post(key, ACTION, content_type="text/plain"),
    ]
    assert {code_of(ask(desk, raw)) for raw in tampered} == {"AuthFailure.SignatureFailure"}


@pytest.mark.parametrize(
    ("language", "message"),
    [
        pytest.param("zh-CN", "请求签名验证失败，请检查您的签名计算是否正确。", id="chinese"),
        pytest.param(
            "en-US",
            "The provided credentials could not be validated. Please check your signature is correct.",
            id="english",
        ),
        pytest.param(
            "",
            "The provided credentials could not be validated. Please check your signature is correct.",
            id="none",
        ),
    ],
)
def test_the_language_of_messages(desk: TestDesk, key: ApiKey, language: str, message: str) -> None:
    wrong = ApiKey(secret_id=key.secret_id, secret_key="guess", account_id=1, enabled=True, created_ms=0)
    raw = tc3_post(wrong, ACTION, x_tc_language=language)
    assert ask(desk, raw)["Error"]["Message"] == message
    assert ask(desk, v1("GET", wrong, ACTION, {}, Language=language))["Error"]["Message"] == message


def test_a_token_is_refused(desk: TestDesk, key: ApiKey) -> None:
    assert code_of(ask(desk, tc3_post(key, ACTION, x_tc_token="t"))) == "AuthFailure.TokenFailure"
    assert code_of(ask(desk, v1("GET", key, ACTION, {}, Token="t"))) == "AuthFailure.TokenFailure"


def test_an_unsigned_payload_is_declared(desk: TestDesk, key: ApiKey) -> None:
    declared = tc3_post(key, ACTION, x_tc_content_sha256="UNSIGNED-PAYLOAD")
    assert code_of(ask(desk, declared)) == "AuthFailure.SignatureFailure"


@pytest.mark.parametrize(
    ("good_until", "code"),
    [
        pytest.param(0, "InvalidAction", id="action-first"),
        pytest.param(1, "AuthFailure.SecretIdNotFound", id="then-the-key"),
        pytest.param(2, "AuthFailure.SignatureExpire", id="then-the-time"),
        pytest.param(3, "AuthFailure.SignatureFailure", id="then-the-signature"),
        pytest.param(4, "UnknownParameter", id="then-unknown-parameters"),
        pytest.param(5, "MissingParameter", id="then-missing-ones"),
        pytest.param(6, "FailedOperation.NotFound", id="then-the-action"),
    ],
)
def test_the_order_of_checks(desk: TestDesk, key: ApiKey, good_until: int, code: str) -> None:
    action = "DescribeLiveCallbackTemplate" if good_until > 0 else "Nothing"
    secret_id = key.secret_id if good_until > 1 else "AKIDNOBODY"
    now_ms = NOW_MS if good_until > 2 else NOW_MS - 400_000
    secret = key.secret_key if good_until > 3 else "guess"
    parameters = {} if good_until > 4 else {"X": 1}
    parameters |= {"TemplateId": 5} if good_until > 5 else {}
    caller = ApiKey(secret_id=secret_id, secret_key=secret, account_id=1, enabled=True, created_ms=0)
    assert code_of(ask(desk, tc3_post(caller, action, parameters, now_ms=now_ms))) == code


def test_a_known_action_that_is_not_here(desk: TestDesk, key: ApiKey) -> None:
    answer = ask(desk, tc3_post(key, "CreateLiveWatermarkRule", {"Anything": 1}))
    assert code_of(answer) == "UnsupportedOperation"
    assert "Airhook does not have the action CreateLiveWatermarkRule" in answer["Error"]["Message"]


def test_a_database_that_cannot_commit(desk: TestDesk, key: ApiKey, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> None:
        raise UnavailableError

    monkeypatch.setattr(domains, "list_all", fail)
    assert code_of(ask(desk, tc3_post(key, ACTION))) == "ServiceUnavailable"


def test_a_fault_of_ours_is_logged_under_the_request_id(
    desk: TestDesk, key: ApiKey, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(call: Call, wanted: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setitem(actions.ACTIONS, ACTION, actions.ACTIONS[ACTION]._replace(run=fail))
    with caplog.at_level(logging.ERROR):
        answer = ask(desk, tc3_post(key, ACTION))
    assert code_of(answer) == "InternalError"
    assert "secret detail" not in answer["Error"]["Message"]
    assert answer["RequestId"] in caplog.text
    assert "secret detail" in caplog.text
