"""Writes the audit log beside every change of the configuration, in the change's own transaction.

It stands between the use cases and the transaction: what they put is compared with what was there. A new kind of thing
is one line in ``WATCHED``; a use case says nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from airhook.core.accounts import Account, ApiKey, BearerKey, User
from airhook.core.audit import Actor, AuditEntry, Change, Deed
from airhook.core.deliveries import Delivery
from airhook.core.destinations import DestinationRow
from airhook.core.domains import Domain
from airhook.core.media_rules import RuleKey
from airhook.core.ports import Tx
from airhook.core.rules import CallbackRule
from airhook.core.stream_orders import StreamOrder
from airhook.core.templates import CallbackTemplate

COVERED = "•••"

_SECRET = frozenset(
    {
        "callback_key",
        "auth_key",
        "backup_auth_key",
        "secret_key",
        "password_hash",
        "sha256",
        "previous_key",
        "webhook_secret",
        "previous_webhook_secret",
        "client_key_pem",
        "headers",  # they carry tokens
        "token",
        "api_secret",
    }
)
_UNTOLD = frozenset({"id", "account_id", "version", "created_ms", "updated_ms", "key_version", "deleted"})
"""Who and when stand in the entry itself; versions count along."""


class Watch(msgspec.Struct, frozen=True):
    """How a put is read: what kind of thing it is, what it is called, and what was there before."""

    thing: str
    name: Callable[[Any], str]
    before: Callable[[Tx, Any], msgspec.Struct | None]
    fields: frozenset[str] | None = None  # that count; None: all


def _place(key: RuleKey) -> str:
    return "/".join(part or "*" for part in key)


WATCHED: dict[str, Watch] = {
    "put_account": Watch("account", lambda one: one.name, lambda tx, one: tx.account(one.id)),
    "put_domain": Watch("domain", lambda one: one.name, lambda tx, one: tx.domain(one.name)),
    "put_template": Watch(
        "callback_template", lambda one: f"{one.name} ({one.id})", lambda tx, one: tx.template(one.id)
    ),
    "put_rule": Watch(
        "callback_rule",
        lambda one: f"{one.domain}/{one.app or '*'}",
        lambda tx, one: tx.rule(one.domain, one.app),
    ),
    "put_destination": Watch(
        "destination",
        lambda one: one.key.origin,
        lambda tx, one: tx.destination(one.key),
        frozenset({"paused", "rate_limit"}),
    ),
    "put_stream_order": Watch(
        "stream",
        lambda one: "/".join(one.key[1:]),
        lambda tx, one: tx.stream_order(one.key),
    ),
    "put_record_template": Watch(
        "record_template", lambda one: f"{one.name} ({one.id})", lambda tx, one: tx.record_template(one.id)
    ),
    "put_record_rule": Watch(
        "record_rule", lambda one: _place(one.key), lambda tx, one: tx.record_rule(one.key)
    ),
    "put_record_task": Watch("record_task", lambda one: one.id, lambda tx, one: tx.record_task(one.id)),
    "put_snapshot_template": Watch(
        "snapshot_template",
        lambda one: f"{one.name} ({one.id})",
        lambda tx, one: tx.snapshot_template(one.id),
    ),
    "put_snapshot_rule": Watch(
        "snapshot_rule", lambda one: _place(one.key), lambda tx, one: tx.snapshot_rule(one.key)
    ),
    "put_screenshot_task": Watch(
        "screenshot_task", lambda one: one.id, lambda tx, one: tx.screenshot_task(one.id)
    ),
    "put_stream_delay": Watch(
        "stream_delay", lambda one: "/".join(one.key[1:]), lambda tx, one: tx.stream_delay(one.key)
    ),
    "put_replay": Watch("replay", lambda one: str(one.id), lambda tx, one: tx.replay(one.id)),
    "put_source": Watch("source", lambda one: f"{one.name} ({one.id})", lambda tx, one: tx.source(one.id)),
    "put_api_key": Watch("api_key", lambda one: one.secret_id, lambda tx, one: tx.api_key(one.secret_id)),
    "put_bearer_key": Watch("bearer_key", lambda one: one.name, lambda tx, one: tx.bearer_key(one.sha256)),
    "put_user": Watch("user", lambda one: one.name, lambda tx, one: tx.user(one.id)),
}

Thing = (
    Account
    | ApiKey
    | BearerKey
    | CallbackRule
    | CallbackTemplate
    | DestinationRow
    | Domain
    | StreamOrder
    | User
)


_RESENT = Watch(
    "callback",
    lambda one: str(one.repeat_of),
    lambda *_: None,
    frozenset({"event_type", "domain", "app", "stream", "url"}),
)


class AuditedTx:
    """A transaction that writes down what is changed through it."""

    def __init__(self, tx: Tx, actor: Actor, ids: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._actor = actor
        self._ids = ids
        self._now_ms = now_ms

    def __getattr__(self, name: str) -> Any:
        watch = WATCHED.get(name)
        method = getattr(self._tx, name)
        if watch is None:
            return method

        def put(value: Any) -> None:
            before = watch.before(self._tx, value)
            method(value)
            self._note(watch, before, value)

        return put

    def delete_domain(self, name: str) -> None:
        before = self._tx.domain(name)
        self._tx.delete_domain(name)
        if before is not None:
            self._note(WATCHED["put_domain"], before, None)

    def repeat(self, deliveries: Sequence[Delivery]) -> None:
        """Somebody sends these again, one by one. Those of a replay stand in its own entry: they are not made here."""
        self._tx.repeat(deliveries)
        for one in deliveries:
            self._note(_RESENT, None, one, Deed.SENT_AGAIN)

    def _note(self, watch: Watch, before: Any, after: Any, deed: Deed | None = None) -> None:
        if before is not None and getattr(before, "deleted", False):
            before = None
        gone = after is None or getattr(after, "deleted", False)
        changes = compare(before, None if gone else after, watch.fields)
        if not changes:
            return
        known = after if after is not None else before
        deed = deed or (Deed.DELETED if gone else Deed.CREATED if before is None else Deed.CHANGED)
        self._tx.put_audit(
            AuditEntry(
                id=self._ids(),
                account_id=known.id if isinstance(known, Account) else known.account_id,
                at_ms=self._now_ms,
                face=self._actor.face,
                actor=self._actor.name,
                address=self._actor.address,
                deed=deed,
                thing=watch.thing,
                name=watch.name(known),
                changes=changes,
            )
        )


def audited(tx: Tx, actor: Actor, ids: Callable[[], int], now_ms: int) -> Tx:
    return cast("Tx", AuditedTx(tx, actor, ids, now_ms))


def compare(
    before: msgspec.Struct | None, after: msgspec.Struct | None, fields: frozenset[str] | None = None
) -> list[Change]:
    """Field by field what differs; secrets are covered, structures within are looked into once."""
    old, new = _told(before), _told(after)
    names = [name for name in {**old, **new} if fields is None or name in fields]
    return [
        Change(field=name, before=_covered(name, old.get(name)), after=_covered(name, new.get(name)))
        for name in names
        if (old.get(name) or None) != (new.get(name) or None)
    ]


def _told(thing: msgspec.Struct | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in (msgspec.to_builtins(thing, str_keys=True) if thing is not None else {}).items():
        if name in _UNTOLD:
            continue
        if isinstance(value, dict):
            told.update({f"{name}.{key}": one for key, one in value.items()})
        else:
            told[name] = value
    return told


def _covered(name: str, value: Any) -> Any:
    if name.rpartition(".")[2] in _SECRET:
        return COVERED if value else None
    return value
