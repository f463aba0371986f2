"""The page of all actions is what the code makes of itself, and each state is what a caller meets."""

from pathlib import Path

import pytest

from airhook.cloudapi import actions, catalogue
from airhook.cloudapi.docs import render
from airhook.cloudapi.unsupported import why
from airhook.core.accounts import ApiKey
from support.cloud import ask, tc3_post
from support.desk import TestDesk

PAGE = Path(__file__).parents[3] / "docs" / "actions.md"
MISSING = sorted(catalogue.ACTIONS - set(actions.ACTIONS))


def test_the_page_is_made_from_the_code() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: python -m airhook.cloudapi.docs > docs/actions.md"


def test_it_has_a_row_for_each_of_the_261_actions() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert len(rows) == len({row.split("`")[1] for row in rows}) == 261
    assert sum(row.endswith("| answered |") for row in rows) == len(actions.ACTIONS)


@pytest.mark.parametrize("first", range(0, len(MISSING), 40))
def test_those_that_are_not_answered_say_why(desk: TestDesk, key: ApiKey, first: int) -> None:
    for name in MISSING[first : first + 40]:
        error = ask(desk, tc3_post(key, name))["Error"]
        assert error["Code"] == "UnsupportedOperation"
        assert error["Message"] == f"The operation is not supported: {why(name)}."
