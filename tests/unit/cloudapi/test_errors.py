"""Codes and texts of errors."""

import pytest

from airhook.cloudapi import errors
from airhook.cloudapi.errors import ApiError
from support.cloud import GATEWAY_CODES, schema


def every_error() -> list[type[ApiError]]:
    found = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ApiError)]
    return [kind for kind in found if kind is not ApiError]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_code_is_documented(kind: type[ApiError]) -> None:
    documented = {code for action in schema()["actions"].values() for code in action["errors"]}
    assert kind.code in documented | GATEWAY_CODES


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_text_is_a_sentence(kind: type[ApiError]) -> None:
    assert kind.text[0].isupper()
    assert kind.text.endswith(".")


def test_a_code_has_one_class() -> None:
    codes = [kind.code for kind in every_error() if kind is not errors.SplitError]
    assert len(codes) == len(set(codes))


def test_a_detail_follows_the_text() -> None:
    assert errors.ConfInUsed("it serves a.example.com").message("en-US") == (
        "The template is in use: it serves a.example.com."
    )
    assert errors.ConfInUsed().message("en-US") == "The template is in use."
