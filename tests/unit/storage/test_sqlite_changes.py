"""Whether the database was written."""

from contextlib import closing

from airhook.storage.sqlite.connect import STATE_FILE, connect
from support.storage import SqliteBackend, transact


def test_a_change_is_told_once_whoever_made_it(tmp_path):
    backend = SqliteBackend(tmp_path)
    with backend.store.changes() as changes, closing(connect(tmp_path / STATE_FILE)) as other:
        assert changes.since_last(), "nobody knows what was before the first look"
        assert not changes.since_last()
        transact(backend.store, lambda tx: tx.prove_writable())
        changes.since_last()
        assert not changes.since_last(), "reading is no change"

        other.execute("UPDATE config_state SET version = version + 1")
        assert [changes.since_last(), changes.since_last()] == [True, False]

        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE config_state SET version = version + 1")
        assert not changes.since_last(), "it is not committed"
        other.execute("COMMIT")
        assert changes.since_last()
    backend.close()
