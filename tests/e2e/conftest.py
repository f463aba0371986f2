"""One running server and one receiver for each test."""

from collections.abc import Iterator

import pytest

from support.media import Heard
from support.receiver import Receiver
from support.server import AirhookServer


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def server(tmp_path) -> Iterator[AirhookServer]:
    """Initialized, not started: tests set it up first."""
    made = AirhookServer(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def heard(receiver) -> Heard:
    """What the receiver got, by event type and stream."""
    return Heard(receiver)
