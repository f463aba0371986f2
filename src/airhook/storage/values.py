"""Values are checked before they are written, so that one bad value never fails a shared commit (design D2).

Every backend takes the same values: integers of 64 bits, and texts that are UTF-8 without NUL.
"""

from collections.abc import Mapping
from enum import Enum

from airhook.core.errors import InvalidError

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1


def checked(row: Mapping[str, object]) -> dict[str, object]:
    """The row as a driver takes it. Raises ``InvalidError`` naming the first field that no backend can store."""
    return {field: check(field, value) for field, value in row.items()}


def check(field: str, value: object) -> object:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        check_text(field, value)
    elif isinstance(value, int) and not MIN_INT64 <= value <= MAX_INT64:
        raise InvalidError(field, "is no integer of 64 bits", rule="range")
    return value


def check_text(field: str, text: str) -> None:
    if "\0" in text:
        raise InvalidError(field, "must not hold a NUL character", rule="characters")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidError(field, "is not valid UTF-8", rule="characters") from None


def storable(text: str) -> str:
    """What a stranger's server said, with U+FFFD in place of what cannot be stored."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return text.encode(errors="surrogatepass").decode(errors="replace").replace("\0", "\ufffd")
