"""Pages of lists, counted from 1, and the bounds that each action sets for them (contract 3.3, 3.4)."""

from collections.abc import Sequence
from typing import TypeVar

from airhook.cloudapi.errors import InvalidParameterValue

T = TypeVar("T")


def within(name: str, value: int, least: int, most: int) -> int:
    """The value. Raises ``InvalidParameterValue`` when it is out of bounds."""
    if not least <= value <= most:
        raise InvalidParameterValue(f"{name} must be {least} to {most}")
    return value


def cut(everything: Sequence[T], page_num: int, page_size: int) -> Sequence[T]:
    start = (page_num - 1) * page_size
    return everything[start : start + page_size]


def pages(total: int, page_size: int) -> int:
    """How many there are."""
    return -(-total // page_size)
