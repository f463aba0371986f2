import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.api_server import ApiServer
from support.desk import TestDesk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TestDesk]:
    """On the clock by which the SDK signs."""
    with open_desk(tmp_path) as desk:
        desk.clock.ms = int(time.time() * 1000)
        yield desk


@pytest.fixture
def server(desk: TestDesk) -> Iterator[ApiServer]:
    with ApiServer(desk) as server:
        yield server
