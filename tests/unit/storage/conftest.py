from collections.abc import Iterator

import pytest

from airhook.storage.sqlite import search


@pytest.fixture(scope="module")
def patient() -> Iterator[None]:
    """A slow machine may not cut an answer of a search short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "PATIENCE_S", 60.0)
        yield
