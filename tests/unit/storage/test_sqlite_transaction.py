"""Finding the bad item of a shared commit."""

import sqlite3

import pytest

from airhook.core.errors import UnavailableError
from airhook.storage.sqlite.transaction import isolate, transaction


class Batch:
    """Commits everything but what is in ``bad``."""

    def __init__(self, *bad, error=None):
        self.bad = set(bad)
        self.error = error or ValueError("bad item")
        self.committed = []
        self.failed = []

    def commit(self, items):
        if self.bad & set(items):
            raise self.error
        self.committed += items

    def run(self, items):
        try:
            self.commit(items)
        except Exception as error:
            isolate(items, error, self.commit, lambda of, why: self.failed.append((list(of), why)))
        return self


CASES = [
    pytest.param({0}, id="the first"),
    pytest.param({49}, id="the last"),
    pytest.param({7, 8, 30}, id="three"),
    pytest.param(set(range(50)), id="all"),
]


@pytest.mark.parametrize("bad", CASES)
def test_only_the_bad_ones_fail(bad):
    batch = Batch(*bad).run(list(range(50)))
    assert batch.committed == [n for n in range(50) if n not in bad], "in order"
    assert batch.failed == [([n], batch.error) for n in sorted(bad)]


def test_a_database_that_is_down_fails_all_at_once():
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    batch = Batch(3, error=full).run(list(range(50)))
    ((items, error),) = batch.failed
    assert items == list(range(50))
    assert isinstance(error, UnavailableError)
    assert "disk is full" in error.message


@pytest.fixture
def raw(tmp_path):
    connection = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    connection.execute("CREATE TABLE t (a INTEGER)")
    yield connection
    connection.close()


def test_what_is_raised_undoes_the_transaction(raw):
    def write_and_fail():
        with transaction(raw):
            raw.execute("INSERT INTO t VALUES (1)")
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert not raw.in_transaction
    with transaction(raw):
        raw.execute("INSERT INTO t VALUES (2)")
    assert raw.execute("SELECT a FROM t").fetchall() == [(2,)]
