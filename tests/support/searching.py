"""Searching a store, and its index made by hand."""

import asyncio
from contextlib import closing

from airhook.core.search import Filter, Found
from airhook.storage.sqlite.connect import STATE_FILE
from airhook.storage.sqlite.logindex import DayIndex
from support.storage import SqliteBackend


def search(
    backend: SqliteBackend, wanted: Filter, account_id: int | None = 1, limit: int = 100, **cursor: int
) -> Found:
    return asyncio.run(backend.store.read(lambda view: view.search(account_id, wanted, limit, **cursor)))


def ids(found: Found) -> list[int]:
    return [one.delivery.id for one in found.records]


def index(backend: SqliteBackend, parts: int | None = None) -> None:
    """Take so many parts of a delivery each into each day's index; all of them without ``parts``."""
    logs = backend.store._log_reader.logs
    for day in logs.days():
        with closing(DayIndex(logs, day, backend.folder / STATE_FILE)) as made:
            left = parts
            while left != 0 and made.advance(1):
                left = None if left is None else left - 1
