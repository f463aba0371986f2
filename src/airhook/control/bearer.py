"""Bearer keys of ``/v1``: making, listing, switching them, and telling whose a request's key is."""

import hashlib
import secrets

import msgspec

from airhook.control.base import Desk
from airhook.control.lookups import Lookups
from airhook.core.accounts import BearerKey
from airhook.core.clock import Clock
from airhook.core.errors import InvalidError, NotFoundError
from airhook.core.ports import Store, Tx
from airhook.core.templates import generate_key

PREFIX = "ahk_"
MAX_NAME_LENGTH = 64


def new_bearer_key(key_id: int, account_id: int, name: str, now_ms: int) -> tuple[str, BearerKey]:
    """A token, which is shown once, and what is stored of it."""
    token = PREFIX + generate_key(40)
    key = BearerKey(id=key_id, account_id=account_id, name=name, sha256=digest(token), created_ms=now_ms)
    return token, key


async def create_bearer_key(desk: Desk, account_id: int, name: str) -> tuple[str, BearerKey]:
    """Make a key. Raises ``InvalidError`` for a name that is empty, too long or taken."""
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidError("name", f"must be 1 to {MAX_NAME_LENGTH} printable characters", rule="characters")
    token, key = new_bearer_key(desk.ids(), account_id, name, desk.clock.now_ms())

    def work(tx: Tx) -> None:
        if any(known.name == name for known in tx.bearer_keys(account_id)):
            raise InvalidError("name", f"{name!r} is taken; choose another", rule="taken")
        tx.put_bearer_key(key)

    await desk.commit(work)
    return token, key


async def list_bearer_keys(desk: Desk, account_id: int) -> list[BearerKey]:
    """The account's keys, oldest first."""
    return await desk.store.transact(lambda tx: tx.bearer_keys(account_id))


async def enable_bearer_key(desk: Desk, account_id: int, name: str, *, enabled: bool) -> BearerKey:
    """Let a key in, or keep it out. Raises ``NotFoundError``."""

    def work(tx: Tx) -> BearerKey:
        old = next((key for key in tx.bearer_keys(account_id) if key.name == name), None)
        if old is None:
            raise NotFoundError("bearer key", name)
        new = msgspec.structs.replace(old, enabled=enabled)
        tx.put_bearer_key(new)
        return new

    return await desk.commit(work)


class KeyRing:
    """Whose key a request carries; asked of the database once a second for each key, not for each request."""

    def __init__(self, store: Store, clock: Clock) -> None:
        async def ask(sha256: bytes) -> BearerKey | None:
            return await store.read(lambda view: view.bearer_key(sha256))

        self._lookups = Lookups(clock, ask)

    async def account_of(self, token: str) -> int | None:
        """The account of an enabled key, else None. Raises ``UnavailableError``."""
        key = await self.key_of(token)
        return None if key is None else key.account_id

    async def key_of(self, token: str) -> BearerKey | None:
        """An enabled key, else None. Raises ``UnavailableError``."""
        if not token.startswith(PREFIX):
            return None
        sha256 = digest(token)
        return _enabled(await self._lookups.get(sha256), sha256)

    def known(self, token: str) -> BearerKey | None:
        """An enabled key that was asked for within the last second; None says nothing about the token."""
        sha256 = digest(token)
        return _enabled(self._lookups.known(sha256), sha256)


def _enabled(key: BearerKey | None, sha256: bytes) -> BearerKey | None:
    # What is compared are digests: how long it takes tells nothing of the token.
    if key is None or not key.enabled or not secrets.compare_digest(key.sha256, sha256):
        return None
    return key


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
