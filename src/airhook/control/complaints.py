"""What a schema finds wrong with somebody's JSON, as errors that name the field and the remedy."""

import difflib
import functools
import re
from typing import Any

import msgspec
from msgspec import inspect

from airhook.core.errors import InvalidError

_PLACE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?\Z", re.DOTALL)
_QUOTED = re.compile(r"`([^`]*)`")
_NOUNS = {
    "int": "an integer",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises; ``msgspec.ValidationError`` is one of them."""


def complaint(error: Exception, schema: Any, inside: str = "") -> InvalidError:
    """The error for what decoding ``schema`` raised; ``inside`` is the field that held the JSON."""
    if not isinstance(error, msgspec.ValidationError):
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        return InvalidError(inside or "body", f"is not valid JSON: {reason}", rule="json")
    place = _PLACE.match(str(error))
    assert place is not None, "the pattern matches everything"
    what, path = place["what"], _path(place["path"])
    names = _QUOTED.findall(what)
    if what.startswith("Object missing required field"):
        return InvalidError(_joined(inside, *path, names[0]), "is required", rule="required")
    if what.startswith("Object contains unknown field"):
        return InvalidError(
            _joined(inside, *path, names[0]), _unknown(schema, path, names[0]), rule="unknown"
        )
    if what.startswith("Invalid enum value"):
        return InvalidError(_joined(inside, *path) or "body", _choices(schema, path), rule="unknown")
    return InvalidError(_joined(inside, *path) or "body", _plain(what), rule="type")


def whole_number(name: str, text: str) -> int:
    """The value of a number that is given as text. Raises ``InvalidError``."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63):
        raise InvalidError(name, "must be a whole number, less than 2^63", rule="type")
    return int(text)


def _path(text: str | None) -> list[str]:
    return [name for name in (text or "").split(".") if name]


def _joined(*names: str) -> str:
    return ".".join(filter(None, names))


def _plain(what: str) -> str:
    """``Expected `int`, got `str``` in words."""
    said = _QUOTED.sub(lambda quoted: _nouns(quoted[1]), what)
    return said.replace("Expected", "must be", 1).replace(", got", ", not")


def _nouns(kinds: str) -> str:
    return " or ".join(_NOUNS.get(kind, kind) for kind in kinds.split(" | "))


def _unknown(schema: Any, path: list[str], name: str) -> str:
    known = _fields(schema, path)
    near = difflib.get_close_matches(_snake(name), known, 1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"is not known here; {hint}"


def _choices(schema: Any, path: list[str]) -> str:
    kind = _at(schema, path)
    literals = [one for one in _parts(kind) if isinstance(one, inspect.LiteralType)]
    enums = [one for one in _parts(kind) if isinstance(one, inspect.EnumType)]
    values = [str(value) for literal in literals for value in literal.values]
    values += [str(member.value) for enum in enums for member in enum.cls]
    return f"must be one of {', '.join(values)}" if values else "is none of the values that are possible here"


def _snake(name: str) -> str:
    """A field as CSS spells it (``labelResults``) under the name that it has here."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _fields(schema: Any, path: list[str]) -> list[str]:
    kind = _at(schema, path)
    return [
        field.encode_name
        for one in _parts(kind)
        if isinstance(one, inspect.StructType)
        for field in one.fields
    ]


def _at(schema: Any, path: list[str]) -> inspect.Type:
    kind = _info(schema)
    for step in path:
        name, *indices = step.split("[")
        structs = [one for one in _parts(kind) if isinstance(one, inspect.StructType)]
        kind = next(field.type for one in structs for field in one.fields if field.encode_name == name)
        for _ in indices:
            kind = next(one.item_type for one in _parts(kind) if isinstance(one, inspect.ListType))
    return kind


def _parts(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return tuple(kind.types) if isinstance(kind, inspect.UnionType) else (kind,)


@functools.cache
def _info(schema: Any) -> inspect.Type:
    return inspect.type_info(schema)
