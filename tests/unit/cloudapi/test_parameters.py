"""Names, presence and types of an action's parameters."""

from typing import Any

import pytest

from airhook.cloudapi import parameters
from airhook.cloudapi.errors import ApiError
from airhook.cloudapi.parameters import Int64, Parameters, UInt64


class FlvParam(Parameters):
    enable: Int64 | None = None


class DoSomething(Parameters):
    domain_name: str
    template_id: Int64
    page_size: UInt64 = 10
    levels: list[str] | None = None
    strict: bool = False
    flv_param: FlvParam | None = None


GIVEN: dict[str, Any] = {"DomainName": "a.com", "TemplateId": 7}


@pytest.mark.parametrize(
    ("more", "attribute", "expected"),
    [
        pytest.param({}, "page_size", 10, id="default"),
        pytest.param({"PageSize": 20}, "page_size", 20, id="number"),
        pytest.param({"PageSize": "20"}, "page_size", 20, id="number-as-text"),
        pytest.param({"TemplateId": "-5"}, "template_id", -5, id="negative-text"),
        pytest.param({"PageSize": None}, "page_size", 10, id="null-is-absent"),
        pytest.param({"Levels": ["a", "b"]}, "levels", ["a", "b"], id="list"),
        pytest.param({"Levels": []}, "levels", [], id="empty-list"),
        pytest.param({"Strict": True}, "strict", True, id="bool"),
        pytest.param({"Strict": "True"}, "strict", True, id="bool-of-a-query"),
        pytest.param({"Strict": "False"}, "strict", False, id="false-of-a-query"),
        pytest.param({"DomainName": ""}, "domain_name", "", id="empty-text-is-given"),
        pytest.param({"FlvParam": {"Enable": "1"}}, "flv_param", FlvParam(enable=1), id="object"),
    ],
)
def test_read(more: dict[str, Any], attribute: str, expected: object) -> None:
    assert getattr(parameters.read(DoSomething, {**GIVEN, **more}), attribute) == expected


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        pytest.param(
            {**GIVEN, "StreamName": "x"},
            "UnknownParameter",
            "The parameter `StreamName` is not recognized.",
            id="unknown",
        ),
        pytest.param(
            {"TemplateId": 1},
            "MissingParameter",
            "The request is missing a required parameter `DomainName`.",
            id="missing",
        ),
        pytest.param(
            {"DomainName": None, "TemplateId": 1},
            "MissingParameter",
            "The request is missing a required parameter `DomainName`.",
            id="null-is-missing",
        ),
        pytest.param({"X": 1}, "UnknownParameter", "`X`", id="unknown-comes-before-missing"),
        pytest.param({**GIVEN, "TemplateId": "a"}, "InvalidParameter", "TemplateId", id="no-number"),
        pytest.param({**GIVEN, "TemplateId": "1e3"}, "InvalidParameter", "TemplateId", id="no-integer-text"),
        pytest.param({**GIVEN, "TemplateId": 1.5}, "InvalidParameter", "TemplateId", id="fraction"),
        pytest.param({**GIVEN, "TemplateId": True}, "InvalidParameter", "TemplateId", id="bool-for-number"),
        pytest.param({**GIVEN, "TemplateId": 2**63}, "InvalidParameter", "TemplateId", id="beyond-int64"),
        pytest.param(
            {**GIVEN, "TemplateId": "9" * 19}, "InvalidParameter", "TemplateId", id="text-beyond-int64"
        ),
        pytest.param({**GIVEN, "PageSize": -1}, "InvalidParameter", "PageSize", id="negative-unsigned"),
        pytest.param({**GIVEN, "DomainName": 5}, "InvalidParameter", "DomainName", id="number-for-text"),
        pytest.param({**GIVEN, "DomainName": "a\0"}, "InvalidParameter", "NUL", id="nul"),
        pytest.param({**GIVEN, "Levels": "error"}, "InvalidParameter", "Levels", id="text-for-list"),
        pytest.param({**GIVEN, "Levels": ["a", 1]}, "InvalidParameter", "Levels.1", id="number-in-list"),
        pytest.param({**GIVEN, "Strict": "maybe"}, "InvalidParameter", "Strict", id="no-truth-value"),
        pytest.param({**GIVEN, "FlvParam": "x"}, "InvalidParameter", "FlvParam", id="text-for-object"),
        pytest.param(
            {**GIVEN, "FlvParam": {"X": 1}}, "UnknownParameter", "`FlvParam.X`", id="unknown-inside"
        ),
    ],
)
def test_read_refuses(given: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        parameters.read(DoSomething, given)
    assert caught.value.code == code
    assert message in caught.value.message("en-US")
