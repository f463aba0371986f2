"""Parts of paths that templates and publishers name."""

import pytest

from airhook.media.names import filled, safe
from airhook.media.store.base import MAX_NAME_BYTES


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ("room1", "room1"),
        (" .. ", ""),
        (" ..", ""),
        (". ..", ""),
        (" . ", ""),
        ("...", ""),
        (".hidden", "hidden"),
        ("a/../b", "a..b"),
        ("a\\b\0c\nd", "abcd"),
        ("テスト 1 ", "テスト 1"),
    ],
)
def test_what_no_path_may_have_is_left_out(part: str, kept: str) -> None:
    assert safe(part) == kept


def test_a_long_part_is_cut_between_characters() -> None:
    assert len(safe("あ" * 500).encode()) <= MAX_NAME_BYTES - 40


def test_what_is_no_placeholder_stays() -> None:
    assert filled("{StreamID}-{Other}-{", {"StreamID": "room1"}) == "room1-{Other}-{"
