"""Servers for long runs. ``AIRHOOK_SOAK_SECONDS`` and ``AIRHOOK_SOAK_KILLS`` make them shorter for a trial."""

import os
from collections.abc import Iterator

import pytest

from support.endurance import UNSETTLED_MAX
from support.server import AirhookServer


@pytest.fixture
def seconds() -> int:
    return int(os.environ.get("AIRHOOK_SOAK_SECONDS", "600"))


@pytest.fixture
def kills() -> int:
    return int(os.environ.get("AIRHOOK_SOAK_KILLS", "50"))


@pytest.fixture
def server(tmp_path) -> Iterator[AirhookServer]:
    """Initialized, not started; tries again soon, and gives up hung receivers soon."""
    settings = {
        "AIRHOOK_DELIVERY__SCHEDULES": "0=100x1,1=100x1",
        "AIRHOOK_DELIVERY__TIMEOUT_S": "2",
        "AIRHOOK_DELIVERY__UNSETTLED_MAX": str(UNSETTLED_MAX),
        "AIRHOOK_LOG__LEVEL": "warning",
    }
    made = AirhookServer(tmp_path, **settings)
    yield made
    made.stop()
