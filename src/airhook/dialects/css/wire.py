"""What several families of bodies need: absent fields, and the spellings of names."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

INTERFACE = {"interface": "general_callback"}

_encoder = msgspec.json.Encoder()


def told(**fields: Any) -> dict[str, Any]:
    """The fields whose value is known."""
    return {name: value for name, value in fields.items() if value is not None}


def json_text(value: object) -> str:
    """Compact JSON as a string inside a body: escaped once (contract C-22)."""
    return _encoder.encode(value).decode()


def pascal_list(parts: Sequence[msgspec.Struct] | None) -> list[dict[str, Any]] | None:
    """Parts of an audit result, whose keys are written ``LikeThis`` (contract C-18)."""
    return None if parts is None else [pascal(part) for part in parts]


def pascal(part: msgspec.Struct) -> dict[str, Any]:
    return {_pascal_name(name): _pascal_value(getattr(part, name)) for name in part.__struct_fields__}


def _pascal_value(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return pascal(value)
    if isinstance(value, list):
        return [_pascal_value(one) for one in value]
    return value


def _pascal_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def plain_list(parts: Iterable[msgspec.Struct]) -> list[dict[str, Any]]:
    """Parts under their own names, without what was not told."""
    return [told(**msgspec.structs.asdict(part)) for part in parts]
