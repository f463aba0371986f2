"""Push domains: add, change, remove (contract 3.4, 3.5)."""

import msgspec

from airhook.control.base import Desk
from airhook.core.domains import (
    MAX_RECONNECT_WINDOW_S,
    Domain,
    check_auth_key,
    check_domain_name,
    normalize_domain,
)
from airhook.core.errors import (
    AlreadyExistsError,
    ConflictError,
    InUseError,
    InvalidError,
    LimitError,
    NotFoundError,
    PushedError,
)
from airhook.core.ports import Tx
from airhook.core.templates import generate_key

PUSH, PLAYBACK = 0, 1
DAY_MS = 86_400_000
MAX_AUTH_DELTA_S = 10 * 365 * 86_400


class DomainChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a domain; None leaves a value as it is."""

    enabled: bool | None = None
    auth_enabled: bool | None = None
    auth_key: str | None = None
    backup_auth_key: str | None = None
    auth_delta_s: int | None = None
    reconnect_window_s: int | None = None


async def add(
    desk: Desk, account_id: int, name: str, *, domain_type: int = PUSH, play_type: int = 1
) -> Domain:
    """Add a domain. Push authentication is on, with a generated key (design 4); a playback domain's is off.

    Raises ``InvalidError`` (field ``domain``, ``domain_type``, ``play_type``), ``AlreadyExistsError``, ``LimitError``.
    """
    if domain_type not in (PUSH, PLAYBACK):
        raise InvalidError("domain_type", "must be 0 (push) or 1 (playback)", rule="range")
    if play_type not in (1, 2, 3):
        raise InvalidError("play_type", "must be 1, 2 or 3", rule="range")
    domain = Domain(
        name=check_domain_name(name),
        account_id=account_id,
        domain_type=domain_type,
        play_type=play_type,
        auth_enabled=domain_type == PUSH,
        auth_key=generate_key() if domain_type == PUSH else "",
        created_ms=desk.clock.now_ms(),
    )

    def work(tx: Tx) -> Domain:
        if tx.domain(domain.name):
            raise AlreadyExistsError("domain", domain.name)
        if len(tx.domains(account_id)) >= desk.limits.domains:
            raise LimitError("domain", desk.limits.domains, setting="limits.domains")
        tx.put_domain(domain)
        return domain

    return await desk.change(work)


async def get(desk: Desk, account_id: int, name: str) -> Domain:
    """Find a domain of the account. Raises ``NotFoundError``."""
    return await desk.store.transact(lambda tx: _owned(tx, account_id, name))


async def list_all(desk: Desk, account_id: int) -> list[Domain]:
    """The account's domains, oldest first."""
    return await desk.store.transact(lambda tx: tx.domains(account_id))


async def change(
    desk: Desk, account_id: int, name: str, what: DomainChange, *, seen_version: int | None = None
) -> Domain:
    """Change a domain. Raises ``NotFoundError``, or ``InvalidError`` with the field's name in ``DomainChange``.

    With ``seen_version``, the version that the caller has looked at: ``ConflictError`` when it is not the stored one.
    """
    _check(what)

    def work(tx: Tx) -> Domain:
        old = _owned(tx, account_id, name)
        if seen_version not in (None, old.version):
            raise ConflictError("domain", name)
        given = {field: value for field, value in msgspec.structs.asdict(what).items() if value is not None}
        new = msgspec.structs.replace(old, **given)
        if new.auth_enabled and not (new.auth_key or new.backup_auth_key):
            raise InvalidError("auth_key", "must be set while authentication is on", rule="required")
        tx.put_domain(new)
        return new

    return await desk.change(work)


async def remove(desk: Desk, account_id: int, name: str) -> None:
    """Remove a domain.

    Raises ``NotFoundError``, ``InUseError`` while a rule binds it, ``PushedError`` while a push is on or its lock lasts.
    """
    days = desk.limits.domain_lock_days
    since_ms = desk.clock.now_ms() - days * DAY_MS if days else None

    def work(tx: Tx) -> None:
        domain = _owned(tx, account_id, name)
        if bound := _rules_of(tx, domain):
            raise InUseError("domain", domain.name, bound, rule="rule")
        if tx.pushed_since(account_id, domain.name, since_ms):
            raise PushedError(domain.name, days)
        tx.delete_domain(domain.name)

    await desk.change(work)


def require_push(domain: Domain | None, account_id: int, name: str) -> Domain:
    """The domain, when it is one of the account's push domains. Raises ``InvalidError`` (field ``domain``)."""
    if domain is None or domain.account_id != account_id or domain.domain_type != PUSH:
        raise InvalidError(
            "domain", f"{name!r} is not one of your push domains; add it first", rule="unknown"
        )
    return domain


def _rules_of(tx: Tx, domain: Domain) -> list[str]:
    account_id, name = domain.account_id, domain.name
    callback = [f"rule for app {one.app or '(all)'}" for one in tx.rules(account_id) if one.domain == name]
    media = [
        f"{kind} rule for {one.app or '(all)'}/{one.stream or '(all)'}"
        for kind, rules in (
            ("record", tx.record_rules(account_id)),
            ("snapshot", tx.snapshot_rules(account_id)),
        )
        for one in rules
        if one.domain == name
    ]
    return callback + media


def _check(what: DomainChange) -> None:
    for field, key in (("auth_key", what.auth_key), ("backup_auth_key", what.backup_auth_key)):
        if key:
            check_auth_key(field, key)
    for field, seconds, most in (
        ("auth_delta_s", what.auth_delta_s, MAX_AUTH_DELTA_S),
        ("reconnect_window_s", what.reconnect_window_s, MAX_RECONNECT_WINDOW_S),
    ):
        if seconds is not None and not 0 <= seconds <= most:
            raise InvalidError(field, f"must be 0 to {most} seconds", rule="range")


def _owned(tx: Tx, account_id: int, name: str) -> Domain:
    domain = tx.domain(normalize_domain(name))
    if domain is None or domain.account_id != account_id:
        raise NotFoundError("domain", name)
    return domain
