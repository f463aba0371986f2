"""Who may sign in to the console: adding, roles, keeping out, and a way back in for who lost the password."""

import secrets

import msgspec

from airhook.control.accounts import check_password, check_user_name, new_session
from airhook.control.base import Desk
from airhook.core.accounts import Role, User
from airhook.core.audit import AuditEntry, Deed
from airhook.core.errors import ConflictError, InvalidError, NotFoundError
from airhook.core.ports import Tx

RESET_LIFE_MS = 24 * 3600 * 1000


async def list_all(desk: Desk, account_id: int) -> list[User]:
    """The account's users, in order of their names."""
    return await desk.store.transact(lambda tx: tx.users(account_id))


async def add(desk: Desk, by: User, name: str, role: Role) -> User:
    """Add somebody to the account of ``by``. There is no password yet: a one-time link lets them choose one.

    Raises ``InvalidError`` (field ``name``, ``role``).
    """
    check_user_name(name)
    _check_may_give(by, role)
    user = User(
        id=desk.ids(),
        account_id=by.account_id,
        name=name,
        role=role,
        password_hash="",
        created_ms=desk.clock.now_ms(),
    )

    def work(tx: Tx) -> User:
        if tx.user_by_name(name):
            raise InvalidError("name", f"{name!r} is taken; choose another", rule="taken")
        tx.put_user(user)
        return user

    return await desk.commit(work)


async def set_role(desk: Desk, by: User, user_id: int, role: Role) -> User:
    """Give a role. Raises ``NotFoundError``, ``InvalidError`` (field ``role``)."""
    _check_may_give(by, role)

    def work(tx: Tx) -> User:
        old = _owned(tx, by, user_id)
        _check_may_touch(by, old)
        new = msgspec.structs.replace(old, role=role)
        _require_an_owner(tx, new)
        tx.put_user(new)
        return new

    return await desk.commit(work)


async def enable(desk: Desk, by: User, user_id: int, *, enabled: bool) -> User:
    """Let somebody in again, or keep them out and end their sessions.

    Raises ``NotFoundError``, ``InvalidError`` (field ``enabled``).
    """

    def work(tx: Tx) -> User:
        old = _owned(tx, by, user_id)
        _check_may_touch(by, old)
        if old.id == by.id:
            raise InvalidError("enabled", "nobody can keep themselves out", rule="self")
        new = msgspec.structs.replace(old, enabled=enabled)
        _require_an_owner(tx, new)
        tx.put_user(new)
        if not enabled:
            tx.delete_console_sessions_of(user_id)
        return new

    return await desk.commit(work)


async def reset_link_token(desk: Desk, by: User, user_id: int) -> str:
    """A one-time token that signs the user in, to choose a password; their sessions and older links end.

    Raises ``NotFoundError``, ``InvalidError`` (field ``enabled``) for who is kept out.
    """
    token = secrets.token_urlsafe(32)
    now_ms = desk.clock.now_ms()

    def work(tx: Tx) -> None:
        user = _owned(tx, by, user_id)
        _check_may_touch(by, user)
        if not user.enabled:
            raise InvalidError("enabled", "is kept out; let them in first", rule="disabled")
        tx.delete_console_sessions_of(user_id)
        tx.put_user(msgspec.structs.replace(user, password_hash=""))
        tx.put_console_session(new_session(token, user_id, now_ms, RESET_LIFE_MS, one_time=True))

    await desk.commit(work)
    return token


async def change_password(desk: Desk, user: User, password: str, *, keep: bytes) -> None:
    """Set one's own password. Every other session of the user ends; ``keep`` is the digest of the one that asks.

    Raises ``InvalidError`` (field ``password``), ``ConflictError`` when the user is gone meanwhile.
    """
    hashed = await check_password(password)

    def work(tx: Tx) -> None:
        now = tx.user(user.id)
        kept = tx.console_session(keep)
        if now is None or not now.enabled or kept is None:
            raise ConflictError("user", user.name)
        tx.put_user(msgspec.structs.replace(now, password_hash=hashed))
        tx.delete_console_sessions_of(user.id)
        tx.put_console_session(kept)

    await desk.commit(work)


async def note_sign_in(desk: Desk, user: User) -> None:
    """Write into the audit log that somebody came in; who and from where is the desk's actor."""
    entry = AuditEntry(
        id=desk.ids(),
        account_id=user.account_id,
        at_ms=desk.clock.now_ms(),
        face=desk.actor.face,
        actor=desk.actor.name,
        address=desk.actor.address,
        deed=Deed.SIGNED_IN,
        thing="user",
        name=user.name,
        changes=[],
    )
    await desk.store.transact(lambda tx: tx.put_audit(entry))


def _owned(tx: Tx, by: User, user_id: int) -> User:
    user = tx.user(user_id)
    if user is None or user.account_id != by.account_id:
        raise NotFoundError("user", user_id)
    return user


def _check_may_give(by: User, role: Role) -> None:
    if not by.role.includes(role):
        raise InvalidError("role", "is above your own", rule="above")


def _check_may_touch(by: User, user: User) -> None:
    if not by.role.includes(user.role):
        raise InvalidError("role", f"{user.name} stands above you", rule="above")


def _require_an_owner(tx: Tx, changed: User) -> None:
    """Somebody must remain who can let others in."""
    users = [changed if user.id == changed.id else user for user in tx.users(changed.account_id)]
    if not any(user.enabled and user.role.includes(Role.OWNER) for user in users):
        raise InvalidError("role", "an owner has to remain", rule="last_owner")
