"""Record and snapshot rules: bind a template to a domain, an app or a stream, and unbind it (contract 5.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from airhook.control.base import Desk
from airhook.control.domains import require_push
from airhook.control.media_templates import TemplateKind
from airhook.control.record_templates import RECORD
from airhook.control.snapshot_templates import SNAPSHOT
from airhook.core.domains import normalize_domain
from airhook.core.errors import AlreadyExistsError, NotFoundError
from airhook.core.media_rules import ANY, RecordRule, RuleKey, SnapshotRule
from airhook.core.ports import Tx
from airhook.core.streams import check_name

R = TypeVar("R", RecordRule, SnapshotRule)


@dataclass(frozen=True, kw_only=True)
class RuleKind(Generic[R]):
    type: type[R]
    templates: TemplateKind[Any]
    get: Callable[[Tx, RuleKey], R | None]
    all: Callable[[Tx, int], list[R]]
    put: Callable[[Tx, R], None]

    @property
    def word(self) -> str:
        return f"{self.templates.word} rule for"


RECORD_RULES = RuleKind(
    type=RecordRule,
    templates=RECORD,
    get=lambda tx, key: tx.record_rule(key),
    all=lambda tx, account_id: tx.record_rules(account_id),
    put=lambda tx, rule: tx.put_record_rule(rule),
)
SNAPSHOT_RULES = RuleKind(
    type=SnapshotRule,
    templates=SNAPSHOT,
    get=lambda tx, key: tx.snapshot_rule(key),
    all=lambda tx, account_id: tx.snapshot_rules(account_id),
    put=lambda tx, rule: tx.put_snapshot_rule(rule),
)


async def bind(desk: Desk, kind: RuleKind[R], account_id: int, place: RuleKey, template_id: int) -> R:
    """Let a template serve a place; an empty app or stream means every one. It counts for pushes that start later.

    Raises ``InvalidError`` (field ``app``, ``stream``; ``domain`` with rule ``unknown``), ``NotFoundError`` (the
    template), ``AlreadyExistsError``.
    """
    key = place._replace(domain=normalize_domain(place.domain))
    for field, name in (("app", key.app), ("stream", key.stream)):
        if name != ANY:
            check_name(field, name)
    now = desk.clock.now_ms()

    def work(tx: Tx) -> R:
        require_push(tx.domain(key.domain), account_id, key.domain)
        kind.templates.owned(tx, account_id, template_id)
        if kind.get(tx, key):
            raise AlreadyExistsError(
                kind.word,
                "/".join(part or "(all)" for part in key),
                hint="delete it before binding another template",
            )
        rule = kind.type(
            account_id=account_id, template_id=template_id, created_ms=now, updated_ms=now, **key._asdict()
        )
        kind.put(tx, rule)
        return rule

    return await desk.change(work)


async def unbind(desk: Desk, kind: RuleKind[R], account_id: int, place: RuleKey) -> None:
    """Remove the rule with exactly these values. Raises ``NotFoundError``."""
    key = place._replace(domain=normalize_domain(place.domain))

    def work(tx: Tx) -> None:
        rule = kind.get(tx, key)
        if rule is None or rule.account_id != account_id:
            raise NotFoundError(kind.word, "/".join(part or "(all)" for part in key))
        kind.put(tx, msgspec.structs.replace(rule, deleted=True, updated_ms=desk.clock.now_ms()))

    await desk.change(work)


async def list_all(desk: Desk, kind: RuleKind[R], account_id: int) -> list[R]:
    """The account's rules, oldest first."""
    return await desk.store.transact(lambda tx: kind.all(tx, account_id))
