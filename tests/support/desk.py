"""A desk over the real store in a folder of its own, with a clock that stands still until it is moved."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from airhook.control.base import AccountLimits, Desk
from airhook.core.accounts import Account
from airhook.core.clock import IdMaker
from airhook.core.snapshot import ConfigHolder
from airhook.storage.sqlite.store import open_store
from support.new_database import new_database

NOW_MS = 1_768_477_801_000  # 2026-01-15 11:50:01 UTC

T = TypeVar("T")


class SetClock:
    """Time stands at ``ms`` until a test sets another."""

    def __init__(self, ms: int = NOW_MS) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


class ListJudge:
    """Refuses the URLs it is told to, and remembers which it was asked about."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        self.unknown: set[str] = set()  # URLs whose host does not resolve
        self.asked: list[str] = []

    async def __call__(self, url: str) -> str | None:
        self.asked.append(url)
        return self.refused.get(url)

    async def resolves(self, url: str) -> bool:
        return url not in self.unknown


class TestDesk(Desk):
    """The desk, with its parts in the types that tests steer."""

    __test__ = False
    clock: SetClock
    judge: ListJudge


@contextlib.contextmanager
def open_desk(folder: Path, *, limits: AccountLimits | None = None) -> Iterator[TestDesk]:
    """A desk on a new database in ``folder``."""
    clock = SetClock()
    new_database(folder)
    store = open_store(folder, clock, secret_key=bytes(32))
    try:
        yield TestDesk(store, ConfigHolder(), clock, IdMaker(clock), ListJudge(), limits)
    finally:
        store.close()


def wait(work: Coroutine[Any, Any, T]) -> T:
    """The result of a use case. Its loop has a thread of its own: Playwright keeps one running in the test's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def add_account(desk: Desk, account_id: int, name: str = "default") -> int:
    """Put an account into the store and give its id back."""
    account = Account(
        id=account_id, appid=1_300_000_000 + account_id, name=name, created_ms=desk.clock.now_ms()
    )
    wait(desk.change(lambda tx: tx.put_account(account)))
    return account_id
