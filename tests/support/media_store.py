"""Media stores for tests, and keys of theirs."""

from pathlib import Path

from airhook.core.clock import Clock
from airhook.media.store.base import Key
from airhook.media.store.links import Links, link_key
from airhook.media.store.local import LocalStore
from support.storage import SECRET_KEY, SetClock

ACCOUNT = 7


def links(base_url: str = "http://airhook.test", clock: Clock | None = None) -> Links:
    return Links(link_key(SECRET_KEY), base_url, clock or SetClock())


def local_store(folder: Path, signer: Links | None = None) -> LocalStore:
    return LocalStore(folder, signer or links())


def key(path: str, account_id: int = ACCOUNT) -> Key:
    return Key(account_id, path)
