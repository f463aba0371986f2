"""From a request's parameters to an action's struct: names, presence and types (contract 3.1, 4.6).

A struct's fields are the action's parameters in its own spelling (``template_id`` is ``TemplateId``); a field with a
default is optional. JSON ``null`` is as good as absent. Numbers and truth values may be text, since a query and a
form carry nothing else, and the vendor's samples send ``"TemplateId": "1000"`` in JSON too.
"""

import functools
import re
import types
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from airhook.cloudapi.errors import InvalidParameter, MissingParameter, UnknownParameter

INT64_MAX = 2**63 - 1

Int64 = Annotated[int, msgspec.Meta(ge=-INT64_MAX - 1, le=INT64_MAX)]
UInt64 = Annotated[int, msgspec.Meta(ge=0, le=INT64_MAX)]  # no more than the database can hold


class Parameters(msgspec.Struct, rename="pascal"):
    """What an action takes. The class has the action's name."""


P = TypeVar("P", bound=Parameters)

_INTEGER = re.compile(r"-?[0-9]{1,19}\Z")
_TRUTH = {"true": True, "false": False, "1": True, "0": False}


def read(wanted: type[P], given: Mapping[str, Any], path: str = "") -> P:
    """Fill a struct. Raises ``UnknownParameter``, ``MissingParameter`` or ``InvalidParameter``, in this order."""
    fields = _fields(wanted)
    for name in given:
        if name not in fields:
            raise UnknownParameter(path + name)
    present = {name: value for name, value in given.items() if value is not None}
    for name, field in fields.items():
        if field.required and name not in present:
            raise MissingParameter(path + name)
    return wanted(
        **{
            fields[name].attribute: _value(fields[name].kind, path + name, value)
            for name, value in present.items()
        }
    )


class _Field(msgspec.Struct, frozen=True):
    attribute: str
    kind: Any  # its type, without "or None"
    required: bool


@functools.cache
def _fields(wanted: type[msgspec.Struct]) -> dict[str, _Field]:
    hints = get_type_hints(wanted, include_extras=True)
    return {
        field.encode_name: _Field(field.name, _without_none(hints[field.name]), field.required)
        for field in msgspec.structs.fields(wanted)
    }


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (part for part in get_args(kind) if part is not types.NoneType)
    return kind


def _value(kind: Any, name: str, value: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Parameters):
        if not isinstance(value, dict):
            raise InvalidParameter(f"{name} must be an object")
        return read(kind, value, f"{name}.")
    if get_origin(kind) is list:
        if not isinstance(value, list):
            raise InvalidParameter(f"{name} must be a list")
        (item,) = get_args(kind)
        return [_value(item, f"{name}.{index}", one) for index, one in enumerate(value)]
    return _scalar(kind, name, value)


def _scalar(kind: Any, name: str, value: Any) -> Any:
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if isinstance(value, str):
        if "\0" in value:
            raise InvalidParameter(f"{name} must not hold NUL characters")
        if plain is int and _INTEGER.match(value):
            value = int(value)
        elif plain is bool:
            value = _TRUTH.get(value.lower(), value)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as wrong:
        raise InvalidParameter(f"{name}: {wrong}") from None
