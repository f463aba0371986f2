"""Lists that are read while the writer goes on."""

import asyncio
import threading

import pytest

from airhook.control import search
from airhook.core.destinations import id_of
from airhook.core.due import Want
from airhook.core.search import Filter
from support.storage import NOON_MS, SqliteBackend, accept_one, delivered, failed, settle


def test_what_is_settled_between_two_reads_is_not_missing(tmp_path, monkeypatch):
    """The list is read from two databases, and a delivery moves from one to the other meanwhile."""
    backend = SqliteBackend(tmp_path)
    moving = accept_one(backend.store)
    reader = backend.store._log_reader
    days = reader.logs.days

    def settle_then_read():
        monkeypatch.setattr(reader.logs, "days", days)
        settle(backend.store, delivered(moving))
        return days()

    monkeypatch.setattr(reader.logs, "days", settle_then_read)
    shown = asyncio.run(backend.store.read(lambda view: view.search(None, Filter(), 10).records))
    assert [(one.delivery.id, one.delivery.state.value) for one in shown] == [(moving.id, "delivered")]
    backend.close()


# (limit, pending and waiting ones that are found) with 6 pending, due earlier, and 6 waiting
HALVES = [
    (4, 2, 2),
    (5, 2, 3),
    (10, 5, 5),
    (12, 6, 6),
    (20, 6, 6),
]


@pytest.mark.parametrize(("limit", "pending", "waiting"), HALVES)
@pytest.mark.parametrize("first", ["pending", "waiting"])
def test_a_backlog_of_fresh_ones_and_one_of_retries_do_not_hide_each_other(
    tmp_path, first, limit, pending, waiting
):
    backend = SqliteBackend(tmp_path)
    early, late = NOON_MS - 1000, NOON_MS - 10
    due_ms = (
        {"pending": early, "waiting": late} if first == "pending" else {"pending": late, "waiting": early}
    )
    tried = [accept_one(backend.store) for _ in range(6)]
    settle(backend.store, *(failed(one, due_ms=due_ms["waiting"]) for one in tried))
    for _ in range(6):
        accept_one(backend.store, due_ms=due_ms["pending"])
    [due] = backend.store.due(NOON_MS, [Want(destination=id_of(1, tried[0].url), limit=limit)])
    states = [one.state.value for one in due]
    assert (states.count("pending"), states.count("waiting")) == (pending, waiting)
    assert [one.due_ms for one in due] == sorted(one.due_ms for one in due)
    backend.close()


def test_either_kind_fills_the_room_that_the_other_leaves(tmp_path):
    backend = SqliteBackend(tmp_path)
    retry = accept_one(backend.store)
    settle(backend.store, failed(retry, due_ms=NOON_MS))
    fresh = [accept_one(backend.store, due_ms=NOON_MS - 1000) for _ in range(5)]
    [due] = backend.store.due(NOON_MS, [Want(destination=id_of(1, retry.url), limit=4)])
    assert [one.id for one in due] == [*(one.id for one in fresh[:3]), retry.id]
    backend.close()


def test_what_reads_for_long_keeps_nobody_waiting(tmp_path):
    """Twenty exports are under way; whoever asks for something short is answered at once."""
    backend = SqliteBackend(tmp_path)
    over = threading.Event()

    async def work():
        long = [
            asyncio.create_task(backend.store.read(lambda _: over.wait(30), of_many=True)) for _ in range(20)
        ]
        await asyncio.sleep(0)  # they have begun
        try:
            return await asyncio.wait_for(backend.store.read(lambda view: view.oldest_due()), 10)
        finally:
            over.set()
            assert all(await asyncio.gather(*long))

    assert asyncio.run(work()) is None
    backend.close()


def test_an_export_is_something_long(tmp_path, monkeypatch):
    backend = SqliteBackend(tmp_path)
    read, asked = backend.store.read, []

    async def told(work, *, of_many=False):
        asked.append(of_many)
        return await read(work, of_many=of_many)

    monkeypatch.setattr(backend.store, "read", told)

    async def work():
        return [page async for page in search.everything(backend.store, 1, Filter())]

    assert asyncio.run(work()) == []
    assert asked == [True]
    backend.close()
