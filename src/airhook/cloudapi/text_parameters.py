"""Parameters as text: of a query or a form, where lists and objects are flattened (contract 3.1, 4.4).

::

    RecordExceptionLevels.0=error&RecordExceptionLevels.1=info   {"RecordExceptionLevels": ["error", "info"]}
    FlvParam.Enable=1                                            {"FlvParam": {"Enable": "1"}}
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from airhook.cloudapi.errors import InvalidParameter, SplitError

MAX_DEPTH = 8  # parts of a flattened name


def parse_pairs(text: bytes) -> dict[str, str]:
    """Split ``a=1&b=2`` and decode it. Raises ``InvalidParameter``."""
    pairs: dict[str, str] = {}
    for piece in text.split(b"&") if text else ():
        name, equals, value = piece.partition(b"=")
        if not equals:
            raise SplitError
        key = _decode(name)
        if key in pairs:
            raise InvalidParameter(f"`{key}` is given twice")
        pairs[key] = _decode(value)
    return pairs


def unflatten(pairs: Mapping[str, str]) -> dict[str, Any]:
    """Give the flattened names their lists and objects back. Raises ``InvalidParameter``."""
    tree: dict[str, Any] = {}
    for name, value in pairs.items():
        parts = name.split(".")
        if len(parts) > MAX_DEPTH:
            raise InvalidParameter(f"`{name[:80]}` is nested too deeply")
        place = tree
        for part in parts[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise InvalidParameter(f"`{name}` is both a value and an object")
        if parts[-1] in place:
            raise InvalidParameter(f"`{name}` is both a value and an object")
        place[parts[-1]] = value
    return {name: _with_lists(value) for name, value in tree.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    indexes = [str(index) for index in range(len(value))]
    if set(value) == set(indexes):
        return [_with_lists(value[index]) for index in indexes]
    return {name: _with_lists(part) for name, part in value.items()}


def _decode(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise InvalidParameter("the text is not percent-encoded UTF-8") from None
