"""The WAL is moved into its file beside the writer."""

import os
import time
from contextlib import closing

import pytest

from airhook.storage.sqlite import checkpoints
from airhook.storage.sqlite.checkpoints import Checkpointer, Wal
from airhook.storage.sqlite.connect import connect

WITHIN_S = 20.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "some.db"


@pytest.fixture
def written(path):
    with closing(connect(path, create=True)) as raw:
        raw.execute("CREATE TABLE rows (n INTEGER PRIMARY KEY, block BLOB)")

        def write(pages):
            raw.execute("BEGIN")
            raw.executemany(
                "INSERT INTO rows (block) VALUES (?)", [(os.urandom(4000),) for _ in range(pages)]
            )
            raw.execute("COMMIT")

        yield write


@pytest.fixture
def wal(path):
    with closing(Wal(path)) as wal:
        yield wal


def test_what_was_written_is_moved_once(wal, written):
    written(100)
    assert wal.move() >= 100
    assert wal.move() == 0
    written(50)  # the WAL begins anew
    assert 50 <= wal.move() < 100


def test_an_idle_file_is_not_opened(wal, path):
    with closing(connect(path, create=True)):
        pass
    assert wal.move() == 0
    assert wal._raw is None


def test_a_file_that_is_gone_is_left_alone(path, wal):
    assert wal.move() == 0
    assert not path.exists()


def test_the_thread_moves_by_itself_and_lets_a_dropped_file_go(path, written, monkeypatch):
    monkeypatch.setattr(checkpoints, "LONGEST_S", 0.01)
    files = [path]
    checkpointer = Checkpointer(lambda: files)
    try:
        before = path.stat().st_size
        written(200)
        _until(lambda: path.stat().st_size >= before + 200 * 4000)
        files.clear()
        _until(lambda: not _opened(path, checkpointer))
    finally:
        checkpointer.close()


def _opened(path, checkpointer):
    return path in checkpointer._wals


def _until(reached):
    deadline = time.monotonic() + WITHIN_S
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)
