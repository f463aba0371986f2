from collections.abc import Iterator
from pathlib import Path

import pytest

from support.desk import TestDesk, add_account, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TestDesk]:
    with open_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def mine(desk: TestDesk) -> int:
    """The account that acts."""
    return add_account(desk, 1)


@pytest.fixture
def other(desk: TestDesk) -> int:
    """Another account, whose things are nobody else's business."""
    return add_account(desk, 2, "other")
