"""Reading what servers send as JSON, with errors that name the field."""

from typing import Any, TypeVar

import msgspec

from airhook.sources.adapter import UnreadableError
from airhook.sources.reports import MalformedHookError

T = TypeVar("T")


def read_hook(body: bytes, type_: type[T]) -> T:
    """Raises ``MalformedHookError``."""
    try:
        return msgspec.json.decode(body, type=type_, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedHookError(f"the body is not what this server sends: {error}") from None


def read_answer(answer: bytes, type_: type[T]) -> T:
    """Raises ``UnreadableError``."""
    try:
        return msgspec.json.decode(answer, type=type_, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"the answer is not what this server sends: {error}") from None


def json_body(**fields: Any) -> bytes:
    return msgspec.json.encode(fields)
