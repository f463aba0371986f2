"""The question whether the store can commit is answered by a real write, and an idle transaction is none."""

import pytest

from support.storage import SqliteBackend, transact


@pytest.fixture
def backend(tmp_path):
    made = SqliteBackend(tmp_path)
    yield made
    made.close()


def test_the_proof_reaches_the_disk(backend):
    log = backend.folder / "airhook.db-wal"
    transact(backend.store, lambda tx: None)
    before = log.stat().st_mtime_ns, log.read_bytes()
    transact(backend.store, lambda tx: None)
    assert (log.stat().st_mtime_ns, log.read_bytes()) == before
    transact(backend.store, lambda tx: tx.prove_writable())
    assert log.read_bytes() != before[1]
