"""From our errors to the API's."""

import pytest

from airhook.cloudapi import errors
from airhook.cloudapi.errors import ApiError
from airhook.cloudapi.failures import Failures, translate
from airhook.core.errors import (
    AirhookError,
    AlreadyExistsError,
    ConfigError,
    InUseError,
    InvalidError,
    LimitError,
    NotFoundError,
    UnavailableError,
)

USUAL = Failures()
OWN = Failures(
    not_found=errors.DomainNotExist,
    exists=errors.DomainAdded,
    in_use=errors.FailedOperation,
    limit=errors.HostOutLimit,
    values={
        "name": errors.ArgsNotMatch,
        "domain:too_long": errors.DomainTooLong,
        "domain": errors.DomainFormatError,
        "urls": errors.InvalidParameter,
        "urls.*:unsafe": errors.UrlNotSafe,
    },
    names={"urls.1": "StreamBeginNotifyUrl"},
)


@pytest.mark.parametrize(
    ("error", "failures", "expected"),
    [
        pytest.param(NotFoundError("domain", "a"), USUAL, errors.NotFound, id="not-found"),
        pytest.param(NotFoundError("domain", "a"), OWN, errors.DomainNotExist, id="own-not-found"),
        pytest.param(AlreadyExistsError("rule", "a"), USUAL, errors.RuleAlreadyExist, id="exists"),
        pytest.param(AlreadyExistsError("rule", "a"), OWN, errors.DomainAdded, id="own-exists"),
        pytest.param(InUseError("template", 1, ["a"]), USUAL, errors.ConfInUsed, id="in-use"),
        pytest.param(InUseError("template", 1, ["a"]), OWN, errors.FailedOperation, id="own-in-use"),
        pytest.param(LimitError("template", 1, setting="x"), USUAL, errors.ConfOutLimit, id="limit"),
        pytest.param(LimitError("template", 1, setting="x"), OWN, errors.HostOutLimit, id="own-limit"),
        pytest.param(UnavailableError(), OWN, errors.ServiceUnavailable, id="unavailable"),
        pytest.param(InvalidError("name", "x"), USUAL, errors.InvalidParameterValue, id="value"),
        pytest.param(InvalidError("name", "x"), OWN, errors.ArgsNotMatch, id="field"),
        pytest.param(
            InvalidError("domain", "x", rule="too_long"), OWN, errors.DomainTooLong, id="rule-of-a-field"
        ),
        pytest.param(
            InvalidError("domain", "x", rule="other"), OWN, errors.DomainFormatError, id="another-rule"
        ),
        pytest.param(InvalidError("urls", "x"), OWN, errors.InvalidParameter, id="the-whole"),
        pytest.param(
            InvalidError("urls.7", "x", rule="unsafe"), OWN, errors.UrlNotSafe, id="any-part-by-rule"
        ),
        pytest.param(InvalidError("urls.7", "x"), OWN, errors.InvalidParameterValue, id="any-part"),
    ],
)
def test_translate(error: AirhookError, failures: Failures, expected: type[ApiError]) -> None:
    assert type(translate(error, failures)) is expected


@pytest.mark.parametrize(
    ("field", "name"),
    [
        pytest.param("urls.1", "StreamBeginNotifyUrl", id="the-actions-own"),
        pytest.param("auth_key", "MasterAuthKey", id="known-everywhere"),
        pytest.param("callback_key", "CallbackKey", id="spelled-as-the-api-does"),
    ],
)
def test_messages_name_the_parameter(field: str, name: str) -> None:
    error = translate(InvalidError(field, "is wrong"), OWN)
    assert error.message("en-US") == f"The value of a parameter is not allowed: {name} is wrong."


def test_what_is_nobodys_fault_is_raised_again() -> None:
    with pytest.raises(ConfigError):
        translate(ConfigError(), USUAL)
