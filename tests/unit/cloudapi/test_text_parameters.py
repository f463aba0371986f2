"""Flattened parameters of queries and forms."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.cloudapi import text_parameters
from airhook.cloudapi.errors import ApiError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", {}, id="nothing"),
        pytest.param(b"A=1&B=", {"A": "1", "B": ""}, id="an-empty-value-is-a-value"),
        pytest.param(b"A=a+b%2Bc~d", {"A": "a b+c~d"}, id="plus-is-a-space"),
        pytest.param(b"A=%E6%B5%8B", {"A": "测"}, id="utf-8"),
        pytest.param(b"A=x=y", {"A": "x=y"}, id="only-the-first-equals-sign-splits"),
    ],
)
def test_parse_pairs(text: bytes, expected: dict[str, str]) -> None:
    assert text_parameters.parse_pairs(text) == expected


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        pytest.param(
            b"A", "InvalidParameter", "Url key and value should be splited by `=`.", id="no-equals-sign"
        ),
        pytest.param(
            b"A=1&", "InvalidParameter", "Url key and value should be splited by `=`.", id="dangling"
        ),
        pytest.param(b"A=%FF", "InvalidParameter", "UTF-8", id="not-utf-8"),
        pytest.param(b"A=1&A=2", "InvalidParameter", "twice", id="given-twice"),
    ],
)
def test_parse_pairs_refuses(text: bytes, code: str, message: str) -> None:
    with pytest.raises(ApiError, match=message) as caught:
        text_parameters.parse_pairs(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        pytest.param({"A": "1"}, {"A": "1"}, id="plain"),
        pytest.param({"L.0": "a", "L.1": "b"}, {"L": ["a", "b"]}, id="list"),
        pytest.param({"L.1": "b", "L.0": "a"}, {"L": ["a", "b"]}, id="list-out-of-order"),
        pytest.param(
            {f"L.{n}": str(n) for n in range(11)}, {"L": [str(n) for n in range(11)]}, id="ten-after-nine"
        ),
        pytest.param({"F.Enable": "1", "F.Time": "2"}, {"F": {"Enable": "1", "Time": "2"}}, id="object"),
        pytest.param({"L.0.A": "1", "L.1.A": "2"}, {"L": [{"A": "1"}, {"A": "2"}]}, id="list-of-objects"),
        pytest.param({"L.1": "b"}, {"L": {"1": "b"}}, id="a-hole-makes-no-list"),
    ],
)
def test_unflatten(pairs: dict[str, str], expected: dict[str, Any]) -> None:
    assert text_parameters.unflatten(pairs) == expected


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param({"A": "1", "A.B": "2"}, id="value-then-object"),
        pytest.param({"A.B": "2", "A": "1"}, id="object-then-value"),
        pytest.param({".".join("A" * 100_000): "1"}, id="very-deep"),
        pytest.param({".".join("A" * (text_parameters.MAX_DEPTH + 1)): "1"}, id="one-too-deep"),
    ],
)
def test_unflatten_refuses(pairs: dict[str, str]) -> None:
    with pytest.raises(ApiError) as caught:
        text_parameters.unflatten(pairs)
    assert caught.value.code == "InvalidParameter"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_parameters_or_an_error_of_the_api(text: bytes) -> None:
    try:
        tree = text_parameters.unflatten(text_parameters.parse_pairs(text))
    except ApiError:
        return
    assert isinstance(tree, dict)
