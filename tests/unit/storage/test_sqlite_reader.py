"""Lists that are read while the writer goes on."""

import asyncio

from support.storage import SqliteBackend, accept_one, delivered, settle


def test_what_is_settled_between_two_reads_is_not_missing(tmp_path, monkeypatch):
    """The list is read from two databases, and a delivery moves from one to the other meanwhile."""
    backend = SqliteBackend(tmp_path)
    moving = accept_one(backend.store)
    reader = backend.store._log_reader
    recent = reader.recent

    def settle_then_read(account_id, limit):
        settle(backend.store, delivered(moving))
        return recent(account_id, limit)

    monkeypatch.setattr(reader, "recent", settle_then_read)
    shown = asyncio.run(backend.store.read(lambda view: view.recent_deliveries(None, 10)))
    assert [(one.delivery.id, one.delivery.state.value) for one in shown] == [(moving.id, "delivered")]
    backend.close()
