from collections.abc import Iterator
from pathlib import Path

import pytest

from airhook.core.accounts import ApiKey
from support.cloud import add_key
from support.desk import TestDesk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TestDesk]:
    with open_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def key(desk: TestDesk) -> ApiKey:
    """The key pair of the account that calls."""
    return add_key(desk)
