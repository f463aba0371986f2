"""Every documented action by the official SDK, rightly and wrongly, with each signature and as GET and POST."""

import json
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.live.v20180801 import models

from airhook.cloudapi import actions
from support.api_server import client
from support.cloud import GATEWAY_CODES, schema
from support.sdk_steps import STEPS, Step, filled
from support.two_accounts import OWNER, two_accounts

BEYOND_THE_LIST = {("CreateLiveCallbackRule", "FailedOperation.RuleAlreadyExist")}
"""What Airhook answers though the documentation lists it for the sibling actions only (contract C-06)."""


class Program:
    """A user's program over one client of the SDK."""

    def __init__(self, sdk: Any, ids: dict[str, Any], now_s: int) -> None:
        self._sdk = sdk
        self._ids = ids
        self._now_s = now_s

    def take(self, step: Step) -> None:
        fields = {name: self._filled(value) for name, value in step.fields.items()}
        if step.code:
            with pytest.raises(TencentCloudSDKException) as caught:
                self._sdk.call_json(step.action, fields)
            assert caught.value.get_code() == step.code, (step.action, fields, caught.value.get_message())
            assert caught.value.get_request_id()
            return
        answer = self._answer(step.action, fields)
        for path, value in step.finds.items():
            assert _at(answer, path) == self._filled(value), (step.action, path, answer)
        path, name = step.save
        if name:
            self._ids[name] = _at(answer, path)

    def _answer(self, action: str, fields: dict[str, Any]) -> Any:
        """By the SDK's own classes, as its users do."""
        request = getattr(models, f"{action}Request")()
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of a field in the request that the SDK does not know
            request.from_json_string(json.dumps(fields))
            warnings.simplefilter(
                "ignore"
            )  # of fields in the answer beyond the documentation (contract C-12)
            return json.loads(getattr(self._sdk, action)(request).to_json_string())

    def _filled(self, value: Any) -> Any:
        return filled(value, self._ids, self._now_s)


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        answer = answer[int(part)] if isinstance(answer, list) else answer[part]
    return answer


@pytest.mark.parametrize("http_method", ["POST", "GET"])
@pytest.mark.parametrize("sign_method", ["TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"])
def test_every_action(tmp_path: Path, sign_method: str, http_method: str) -> None:
    with two_accounts(tmp_path, now_ms=int(time.time() * 1000)) as site:
        port = int(site.address.rpartition(":")[2])
        sdk = client(
            site.keys[OWNER], port, sign_method=sign_method, http_method=http_method, language="en-US"
        )
        program = Program(sdk, site.ids, site.desk.clock.ms // 1000)
        for step in STEPS:
            program.take(step)


def test_every_documented_action_is_called_rightly_and_wrongly() -> None:
    assert {step.action for step in STEPS if not step.code} == set(schema()["actions"])
    assert {step.action for step in STEPS if step.code} == set(schema()["actions"])


def test_every_documented_action_is_there() -> None:
    assert set(actions.ACTIONS) == set(schema()["actions"])


@pytest.mark.parametrize(
    "step", [step for step in STEPS if step.code], ids=lambda step: f"{step.action}-{step.code}"
)
def test_the_codes_are_those_of_the_documentation(step: Step) -> None:
    documented = GATEWAY_CODES | set(schema()["actions"][step.action]["errors"])
    assert step.code in documented or (step.action, step.code) in BEYOND_THE_LIST
