"""An engine on a store in memory, and a real receiver."""

from collections.abc import Iterator

import pytest

from support.delivery_bench import Bench
from support.receiver import Receiver


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
