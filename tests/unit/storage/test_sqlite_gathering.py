"""How many works share a commit: by what they take of the processor, whatever keeps the writer waiting meanwhile."""

import asyncio
import threading
import time

import pytest

from airhook.storage.sqlite import writer
from support.storage import SqliteBackend

WAIT_S = 20


@pytest.fixture
def backend(tmp_path):
    made = SqliteBackend(tmp_path / "data")
    yield made
    made.close()


def commits(backend, works):
    """How many works each commit had, when all of them waited for the writer."""
    store, sizes = backend.store, []

    def begun(statement):
        if statement == "BEGIN IMMEDIATE":
            sizes.append(0)

    def counted(work):
        def run(tx):
            sizes[-1] += 1
            work()

        return run

    async def scene():
        held, go = threading.Event(), threading.Event()

        def hold(tx):
            held.set()
            assert go.wait(WAIT_S)

        first = store.submit(hold)
        await asyncio.to_thread(held.wait, WAIT_S)
        rest = [store.submit(counted(work)) for work in works]
        await asyncio.sleep(0)  # they are handed in together
        store._database.raw.set_trace_callback(begun)
        go.set()
        await asyncio.gather(first, *rest)

    asyncio.run(scene())
    store._database.raw.set_trace_callback(None)
    return [size for size in sizes if size]


def waits(seconds):
    return lambda: time.sleep(seconds)


def works_for(seconds):
    def work():
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            pass

    return work


def test_works_that_take_little_share_a_commit_although_the_writer_has_to_wait(backend, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_S", WAIT_S)
    wall_s = 3 * writer.COMMIT_S
    assert commits(backend, [waits(wall_s / 10)] * 10) == [10]


def test_a_commit_is_not_held_up_for_long_by_waiting(backend, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_S", 0.05)
    assert commits(backend, [waits(0.1)] * 3) == [1, 1, 1]


def test_works_that_take_long_have_commits_of_their_own(backend):
    assert commits(backend, [works_for(writer.COMMIT_S)] * 3) == [1, 1, 1]
