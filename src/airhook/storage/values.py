"""Values are checked before they are written, so that one bad value never fails a shared commit (design D2).

Every backend takes the same values: integers of 64 bits, and texts that are UTF-8 without NUL.
"""

from collections.abc import Iterable, Sequence
from enum import Enum

from airhook.core.errors import InvalidError

MIN_INT64 = -(2**63)
MAX_INT64 = 2**63 - 1


def checked(fields: Sequence[str], values: Iterable[object]) -> list[object]:
    """The values as a driver takes them. Raises ``InvalidError`` naming the first that no backend can store."""
    row = list(values)
    # Nearly all values can be stored as they are, and this runs for every column of every row: hence no calls.
    for n, value in enumerate(row):
        kind = type(value)
        if kind is str:
            if value.isascii() and "\0" not in value:  # type: ignore[attr-defined, operator]
                continue
        elif kind is int:
            if MIN_INT64 <= value <= MAX_INT64:  # type: ignore[operator]
                continue
        elif value is None or kind is bytes:
            continue
        row[n] = check(fields[n], value)
    return row


def plain(texts: str, numbers: int) -> bool:
    """Whether all of a row can be stored as it is: by its texts, joined, and its integers, joined by ``|``.

    Most rows can, and this takes a fraction of ``checked``, which says of the others whether they can.
    """
    return texts.isascii() and "\0" not in texts and 0 <= numbers <= MAX_INT64


def check(field: str, value: object) -> object:
    """One value as a driver takes it. Raises ``InvalidError`` when no backend can store it."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        _check_text(field, value)
    elif isinstance(value, int) and not MIN_INT64 <= value <= MAX_INT64:
        raise InvalidError(field, "is no integer of 64 bits", rule="range")
    return value


def storable(text: str) -> str:
    """What a stranger's server said, with U+FFFD in place of what cannot be stored."""
    if not text.isascii():
        text = text.encode(errors="surrogatepass").decode(errors="replace")
    return text.replace("\0", "\ufffd")


def _check_text(field: str, text: str) -> None:
    if "\0" in text:
        raise InvalidError(field, "must not hold a NUL character", rule="characters")
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidError(field, "is not valid UTF-8", rule="characters") from None
