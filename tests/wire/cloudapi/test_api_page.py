"""The page of the API names what there is."""

import re
from pathlib import Path

from airhook.cloudapi import actions
from support.cloud import GATEWAY_CODES

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()


def test_it_lists_every_action() -> None:
    rows = re.findall(r"^\| `([A-Z]\w+)` \|", PAGE.split("## Actions")[1], re.MULTILINE)
    assert sorted(rows) == sorted(actions.ACTIONS)


def test_its_common_codes_are_those_of_the_gateway() -> None:
    table = PAGE.split("any action may answer:")[1].split("They are checked")[0]
    codes = re.findall(
        r"`([\w.]+)`", "".join(line.split("|")[1] for line in table.splitlines() if "`" in line)
    )
    assert len(codes) > 10
    assert set(codes) <= GATEWAY_CODES
