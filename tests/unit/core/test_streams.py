"""Names of apps and streams."""

import pytest

from airhook.core import streams
from airhook.core.errors import InvalidError


@pytest.mark.parametrize("text", ["live", "a", "A.b-c_9", "x" * 128, "-", "_.", "a..b"])
def test_names(text: str) -> None:
    assert streams.is_name(text)
    assert streams.check_name("app", text) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(".", id="dot"),
        pytest.param("..", id="two-dots"),
        pytest.param(".hidden", id="dot-first"),
        pytest.param("a/b", id="slash"),
        pytest.param("a b", id="space"),
        pytest.param("a\n", id="line-feed-at-the-end"),
        pytest.param("直播", id="chinese"),
        pytest.param("x" * 129, id="129-characters"),
    ],
)
def test_no_names(text: str) -> None:
    assert not streams.is_name(text)
    with pytest.raises(InvalidError, match="not starting with a dot") as caught:
        streams.check_name("stream", text)
    assert caught.value.field == "stream"
