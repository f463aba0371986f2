"""One suite for every backend: what ``core.ports`` promises of a store."""

from collections.abc import Iterator

import pytest

from support.storage import BACKENDS, SqliteBackend


@pytest.fixture(params=BACKENDS, name="backend")
def _backend(request, tmp_path) -> Iterator[SqliteBackend]:
    backend = BACKENDS[request.param](tmp_path / "data")
    yield backend
    backend.close()


@pytest.fixture
def store(backend):
    return backend.store
