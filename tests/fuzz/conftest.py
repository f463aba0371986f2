"""A receiver, and both ways of calling it."""

from collections.abc import Iterator

import pytest

from support.receiver import Receiver
from support.sender_bench import SenderBench, sending


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def own() -> Iterator[SenderBench]:
    with sending() as made:
        yield made


@pytest.fixture(scope="module")
def libcurl() -> Iterator[SenderBench]:
    with sending(libcurl=True) as made:
        yield made
