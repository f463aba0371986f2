"""Connections to the days' files that are kept for the next reader: never to a file that is gone."""

import os
import sqlite3
from pathlib import Path

import pytest

from airhook.storage.sqlite.dayfiles import MAX_IDLE, DayFiles


def made(path: Path, value: int = 1) -> Path:
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE t AS SELECT ? AS v", (value,))
    raw.close()
    return path


def read(files: DayFiles, path: Path) -> int:
    with files.reading((path,), lambda: sqlite3.connect(path, check_same_thread=False)) as raw:
        return int(raw.execute("SELECT v FROM t").fetchone()[0])


def open_files(path: Path) -> int:
    """How many descriptors of this process lead to the file, deleted or not."""
    there = Path("/proc/self/fd")
    links = []
    for one in there.iterdir():
        try:
            links.append(os.readlink(one))  # noqa: PTH115 - the target's text, not a path
        except FileNotFoundError:  # the one that lists them
            continue
    return sum(link.removesuffix(" (deleted)") == str(path) for link in links)


@pytest.fixture
def files():
    kept = DayFiles()
    yield kept
    kept.close()


def test_a_connection_is_kept_for_the_next_reader(files, tmp_path):
    path = made(tmp_path / "day.db")
    assert [read(files, path) for _ in range(3)] == [1, 1, 1]
    assert open_files(path) == 1
    files.forget(path)
    assert open_files(path) == 0


def test_a_file_in_the_place_of_another_is_read_itself(files, tmp_path):
    path = made(tmp_path / "day.db")
    assert read(files, path) == 1
    made(tmp_path / "new.db", 2).rename(path)
    assert read(files, path) == 2


def test_what_goes_while_it_is_read_is_not_kept(files, tmp_path):
    """It would keep its space on the disk, though nobody ever asks for it again."""
    path = made(tmp_path / "day.db")
    with files.reading((path,), lambda: sqlite3.connect(path, check_same_thread=False)) as raw:
        path.unlink()
        made(path, 2)
        assert raw.execute("SELECT v FROM t").fetchone() == (1,)
    assert open_files(path) == 0
    assert read(files, path) == 2


def test_no_more_are_kept_than_a_number(files, tmp_path):
    paths = [made(tmp_path / f"{n}.db", n) for n in range(MAX_IDLE + 3)]
    assert [read(files, path) for path in paths] == list(range(len(paths)))
    assert sum(map(open_files, paths)) == MAX_IDLE


def test_one_with_which_something_failed_is_not_kept(files, tmp_path):
    path = made(tmp_path / "day.db")
    with (
        pytest.raises(sqlite3.OperationalError),
        files.reading((path,), lambda: sqlite3.connect(path, check_same_thread=False)) as raw,
    ):
        raw.execute("SELECT nothing FROM t")
    assert open_files(path) == 0
