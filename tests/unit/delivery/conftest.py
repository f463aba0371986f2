"""An engine on a store in memory, a sender by itself, and a real receiver."""

from collections.abc import Iterator

import pytest

from support.delivery_bench import Bench
from support.receiver import Receiver
from support.sender_bench import SenderBench, sending


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.names_over.set()
    made.stop()
    made.store.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest.fixture
def out() -> Iterator[SenderBench]:
    with sending() as made:
        yield made
