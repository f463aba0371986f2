"""From what a use case raises to an error of the API (contract 3.1).

Each action says which code it answers where its list in the documentation differs from the usual one.
"""

from collections.abc import Mapping

import msgspec

from airhook.cloudapi import errors
from airhook.cloudapi.errors import ApiError
from airhook.core.errors import (
    AirhookError,
    AlreadyExistsError,
    InUseError,
    InvalidError,
    LimitError,
    NotFoundError,
    PushedError,
    UnavailableError,
)

_NAMES = {
    "name": "TemplateName",
    "domain": "DomainName",
    "app": "AppName",
    "stream": "StreamName",
    "auth_key": "MasterAuthKey",
    "auth_delta_s": "AuthDelta",
}


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """The codes of an action.

    ``values`` maps a field of ``InvalidError``, or ``field:rule``, to its code; ``urls.*`` stands for every
    ``urls.<event type>``. ``value`` is the code of every other one. ``names`` are the API's names of fields, where they are not the core's in another spelling.
    """

    not_found: type[ApiError] = errors.NotFound
    exists: type[ApiError] = errors.RuleAlreadyExist
    in_use: type[ApiError] = errors.ConfInUsed
    limit: type[ApiError] = errors.ConfOutLimit
    value: type[ApiError] = errors.InvalidParameterValue
    values: Mapping[str, type[ApiError]] = msgspec.field(default_factory=dict)
    names: Mapping[str, str] = msgspec.field(default_factory=dict)


def translate(error: AirhookError, failures: Failures) -> ApiError:
    """The API's error for one of ours. What no caller can do anything about is raised again."""
    match error:
        case InvalidError():
            return _code_of(error, failures)(f"{_name_of(error.field, failures)} {error.reason}")
        case NotFoundError():
            return failures.not_found(error.message)
        case AlreadyExistsError():
            return failures.exists(error.message)
        case PushedError():
            return errors.DeleteDomainInLockedTime(error.message)
        case InUseError():
            return failures.in_use(error.message)
        case LimitError():
            return failures.limit(error.message)
        case UnavailableError():
            return errors.ServiceUnavailable()
        case _:
            raise error


def _code_of(error: InvalidError, failures: Failures) -> type[ApiError]:
    group = f"{error.field.partition('.')[0]}.*" if "." in error.field else error.field
    for key in (f"{error.field}:{error.rule}", error.field, f"{group}:{error.rule}", group):
        if key in failures.values:
            return failures.values[key]
    return failures.value


def _name_of(field: str, failures: Failures) -> str:
    given = failures.names.get(field) or _NAMES.get(field)
    return given or "".join(part.capitalize() for part in field.split("_"))
