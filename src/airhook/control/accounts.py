"""Accounts, their keys, and who may sign in to the console."""

import asyncio
import functools
import hashlib
import re
import secrets
from collections.abc import Callable

import argon2
import msgspec

from airhook.control.base import Desk
from airhook.control.bearer import new_bearer_key
from airhook.core.accounts import Account, ApiKey, ConsoleSession, Role, User
from airhook.core.errors import AlreadyExistsError, InvalidError, NotFoundError
from airhook.core.ports import Store, Tx, View
from airhook.core.templates import generate_key

SESSION_LIFE_MS = 12 * 3600 * 1000
LINK_LIFE_MS = 30 * 60 * 1000
MIN_PASSWORD_LENGTH = 10
MAX_PASSWORD_LENGTH = 1024

FIRST = "default"  # the name of the account that ``initialize`` makes

_ACCOUNT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_USER_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}\Z")
_hasher = argon2.PasswordHasher()


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What ``airhook init`` prints once. Field names are fixed for scripts (design 4)."""

    appid: int
    secret_id: str
    secret_key: str
    console_user: str
    console_password: str
    api_key: str


async def initialize(
    desk: Desk,
    *,
    appid: int | None = None,
    user_name: str = "admin",
    told: Callable[[Credentials], None] = lambda _: None,
) -> Credentials:
    """Make the first account with a user of the console, a key pair and a bearer key.

    ``told`` shows the credentials before the commit that makes them count: whoever is interrupted between the two has
    seen worthless ones and gets new ones the next time, but an account whose secrets nobody knows is never made.

    Raises ``AlreadyExistsError`` when there is an account already; nothing is shown or changed then.
    """
    await desk.store.transact(_require_no_account)
    return await _create(
        desk,
        FIRST,
        appid=appid,
        user_name=user_name,
        role=Role.SYSTEM_OWNER,
        told=told,
        require=_require_no_account,
    )


async def create(
    desk: Desk,
    name: str,
    *,
    appid: int | None = None,
    user_name: str,
    told: Callable[[Credentials], None] = lambda _: None,
) -> Credentials:
    """Make another account with an owner who signs in to the console, a key pair and a bearer key.

    ``told`` shows the credentials before they count, as in ``initialize``. Raises ``InvalidError`` (field ``name``,
    ``user``, ``appid``) and ``AlreadyExistsError``; nothing is shown or changed then.
    """
    if not _ACCOUNT_NAME.match(name):
        raise InvalidError("name", "must be 1 to 64 letters, digits or one of _ . -", rule="characters")

    def require(tx: Tx) -> None:
        if any(one.name == name for one in tx.accounts()):
            raise AlreadyExistsError("account", name)
        if appid and any(one.appid == appid for one in tx.accounts()):
            raise InvalidError("appid", f"{appid} is another account's", rule="taken")
        if tx.user_by_name(user_name):
            raise AlreadyExistsError("user", user_name, hint="choose another name for the account's owner")

    await desk.store.transact(require)
    return await _create(
        desk, name, appid=appid, user_name=user_name, role=Role.OWNER, told=told, require=require
    )


async def list_all(desk: Desk) -> list[Account]:
    """Every account, oldest first."""
    return await desk.store.transact(lambda tx: tx.accounts())


async def by_name(desk: Desk, name: str) -> Account:
    """The account with a name or APPID. Raises ``NotFoundError``."""
    for account in await list_all(desk):
        if name in (account.name, str(account.appid)):
            return account
    raise NotFoundError("account", name)


async def _create(
    desk: Desk,
    name: str,
    *,
    appid: int | None,
    user_name: str,
    role: Role,
    told: Callable[[Credentials], None],
    require: Callable[[Tx], None],
) -> Credentials:
    now = desk.clock.now_ms()
    account = Account(id=desk.ids(), appid=appid or _new_appid(), name=name, created_ms=now)
    password = generate_key(20)
    user = _user(desk, account.id, user_name, password, role)
    pair = _api_key(account.id, now)
    token, bearer = new_bearer_key(desk.ids(), account.id, "init", now)

    made = Credentials(
        appid=account.appid,
        secret_id=pair.secret_id,
        secret_key=pair.secret_key,
        console_user=user.name,
        console_password=password,
        api_key=token,
    )

    def work(tx: Tx) -> None:
        require(tx)
        tx.put_account(account)
        tx.put_user(user)
        tx.put_api_key(pair)
        tx.put_bearer_key(bearer)

    told(made)
    await desk.change(work)
    return made


async def first_account(desk: Desk) -> Account | None:
    """The account that ``initialize`` made: whom the command line acts for."""
    return await desk.store.transact(lambda tx: min(tx.accounts(), key=lambda a: a.created_ms, default=None))


async def create_api_key(desk: Desk, account_id: int) -> ApiKey:
    """Make another key pair of the cloud API."""
    pair = _api_key(account_id, desk.clock.now_ms())
    await desk.commit(lambda tx: tx.put_api_key(pair))
    return pair


async def list_api_keys(desk: Desk, account_id: int) -> list[ApiKey]:
    """The account's key pairs, oldest first."""
    return await desk.store.transact(lambda tx: tx.api_keys(account_id))


async def enable_api_key(desk: Desk, account_id: int, secret_id: str, *, enabled: bool) -> ApiKey:
    """Let a key pair sign requests, or stop it. Raises ``NotFoundError``."""

    def work(tx: Tx) -> ApiKey:
        old = tx.api_key(secret_id)
        if old is None or old.account_id != account_id:
            raise NotFoundError("key", secret_id)
        new = msgspec.structs.replace(old, enabled=enabled)
        tx.put_api_key(new)
        return new

    return await desk.commit(work)


async def sign_in(store: Store, now_ms: int, name: str, password: str) -> tuple[str, User] | None:
    """Check a password and open a session: its token and the user; None when either is wrong."""
    user = await store.transact(lambda tx: tx.user_by_name(name))
    # A wrong name costs as much time as a wrong password, so that names cannot be guessed by the clock.
    right = await asyncio.to_thread(_verify, user, password)
    if user is None or not user.enabled or not right:
        return None
    return await _open_session(store, now_ms, user), user


async def is_password(user: User, password: str) -> bool:
    """Whether ``password`` is the user's."""
    return await asyncio.to_thread(_verify, user, password)


async def one_time_link_token(store: Store, now_ms: int, user_name: str) -> str:
    """A token that signs in whoever opens it first."""
    token = secrets.token_urlsafe(32)

    def work(tx: Tx) -> None:
        user = tx.user_by_name(user_name)
        if user is None:
            raise InvalidError("user", f"{user_name!r} does not exist", rule="unknown")
        tx.put_console_session(new_session(token, user.id, now_ms, LINK_LIFE_MS, one_time=True))

    await store.transact(work)
    return token


async def redeem_link(store: Store, now_ms: int, token: str) -> str | None:
    """Turn a one-time token into a session's token; None when it is used, unknown or too old."""
    digest = sha256(token)

    def work(tx: Tx) -> User | None:
        link = tx.console_session(digest)
        if (
            link is None
            or not link.one_time
            or not tx.delete_console_session(digest)
            or link.expires_ms < now_ms
        ):
            return None
        return _enabled(tx.user(link.user_id))

    user = await store.transact(work)
    return await _open_session(store, now_ms, user) if user else None


async def session_user(store: Store, now_ms: int, token: str) -> User | None:
    """Who a session's token belongs to; None when it is unknown or too old."""

    def work(view: View) -> User | None:
        session = view.console_session(sha256(token))
        if session is None or session.one_time or session.expires_ms < now_ms:
            return None
        return _enabled(view.user(session.user_id))

    return await store.read(work)


def _enabled(user: User | None) -> User | None:
    return user if user and user.enabled else None


async def sign_out(store: Store, token: str) -> None:
    await store.transact(lambda tx: tx.delete_console_session(sha256(token)))


async def _open_session(store: Store, now_ms: int, user: User) -> str:
    token = secrets.token_urlsafe(32)
    await store.transact(
        lambda tx: tx.put_console_session(new_session(token, user.id, now_ms, SESSION_LIFE_MS))
    )
    return token


def new_session(
    token: str, user_id: int, now_ms: int, life_ms: int, *, one_time: bool = False
) -> ConsoleSession:
    return ConsoleSession(
        token_sha256=sha256(token),
        user_id=user_id,
        created_ms=now_ms,
        expires_ms=now_ms + life_ms,
        one_time=one_time,
    )


def _require_no_account(tx: Tx) -> None:
    if tx.accounts():
        raise AlreadyExistsError("account", FIRST, hint="this data folder is initialized")


def check_user_name(name: str, field: str = "name") -> str:
    if not _USER_NAME.match(name):
        raise InvalidError(field, "must be 1 to 64 letters, digits or one of _ . @ -", rule="characters")
    return name


async def check_password(password: str) -> str:
    """The hash of a password that is long enough. Raises ``InvalidError`` (field ``password``)."""
    _check_length(password)
    return await asyncio.to_thread(_hasher.hash, password)


def _check_length(password: str) -> None:
    if len(password) < MIN_PASSWORD_LENGTH:
        raise InvalidError(
            "password", f"must have at least {MIN_PASSWORD_LENGTH} characters", rule="too_short"
        )
    if len(password) > MAX_PASSWORD_LENGTH:
        raise InvalidError("password", f"must have at most {MAX_PASSWORD_LENGTH} characters", rule="too_long")


def _user(desk: Desk, account_id: int, name: str, password: str, role: Role) -> User:
    check_user_name(name, "user")
    _check_length(password)
    return User(
        id=desk.ids(),
        account_id=account_id,
        name=name,
        role=role,
        password_hash=_hasher.hash(password),
        created_ms=desk.clock.now_ms(),
    )


def _api_key(account_id: int, now_ms: int) -> ApiKey:
    return ApiKey(
        secret_id="AKID" + generate_key(32),
        secret_key=generate_key(32),
        account_id=account_id,
        enabled=True,
        created_ms=now_ms,
    )


def _new_appid() -> int:
    return 1_300_000_000 + secrets.randbelow(100_000_000)


def _verify(user: User | None, password: str) -> bool:
    try:
        return _hasher.verify(user.password_hash if user else _dummy_hash(), password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@functools.cache
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
