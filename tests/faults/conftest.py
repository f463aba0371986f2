"""A server and a receiver, both processes of their own."""

from collections.abc import Iterator

import pytest

from support.fickle_receiver import FickleReceiver
from support.receiver import Receiver
from support.server import KEY, AirhookServer


@pytest.fixture
def server(tmp_path) -> Iterator[AirhookServer]:
    """Initialized, not started; tries again soon, and gives up hung receivers soon."""
    settings = {
        "AIRHOOK_DELIVERY__SCHEDULES": "0=100x0.5,1=100x0.5",
        "AIRHOOK_DELIVERY__TIMEOUT_S": "2",
        "AIRHOOK_LOG__LEVEL": "warning",
    }
    made = AirhookServer(tmp_path, **settings)
    yield made
    made.stop()


@pytest.fixture
def fickle(tmp_path) -> Iterator[FickleReceiver]:
    with FickleReceiver(tmp_path / "received.jsonl", KEY) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
