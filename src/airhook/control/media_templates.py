"""Record and snapshot templates: create, change, delete (contract 3.6, 3.7). What a kind has of its own is in
``record_templates`` and ``snapshot_templates``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from airhook.control.base import Desk
from airhook.core.errors import ConflictError, InUseError, LimitError, NotFoundError
from airhook.core.media_rules import MediaRule
from airhook.core.ports import Tx
from airhook.core.record_templates import RecordTemplate
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.templates import API_LIMITS, Limits

S = TypeVar("S", RecordTemplate, SnapshotTemplate)


class Form(Protocol[S]):
    """What somebody filled in."""

    def fill(self, old: S) -> S:
        """The template with what was filled in; the rest stays as it is."""
        ...


@dataclass(frozen=True, kw_only=True)
class TemplateKind(Generic[S]):
    word: str  # what people call it
    type: type[S]
    check: Callable[[S, Limits], S]
    get: Callable[[Tx, int], S | None]
    all: Callable[[Tx, int], list[S]]
    put: Callable[[Tx, S], None]
    rules: Callable[[Tx, int], list[Any]]  # that bind templates of the kind

    def owned(self, tx: Tx, account_id: int, template_id: int) -> S:
        """Find the account's template inside a transaction. Raises ``NotFoundError``."""
        template = self.get(tx, template_id)
        if template is None or template.account_id != account_id:
            raise NotFoundError(f"{self.word} template", template_id)
        return template


async def create(
    desk: Desk, kind: TemplateKind[S], account_id: int, form: Form[S], *, limits: Limits = API_LIMITS
) -> S:
    """Create a template. Raises ``InvalidError`` (see the kind's ``check``) or ``LimitError``."""
    now = desk.clock.now_ms()
    blank = kind.type(id=0, account_id=account_id, name="", created_ms=now, updated_ms=now)
    filled = kind.check(form.fill(blank), limits)

    def work(tx: Tx) -> S:
        if len(kind.all(tx, account_id)) >= desk.limits.templates:
            raise LimitError(f"{kind.word} template", desk.limits.templates, setting="limits.templates")
        template = msgspec.structs.replace(filled, id=tx.new_template_id())
        kind.put(tx, template)
        return template

    return await desk.change(work)


async def get(desk: Desk, kind: TemplateKind[S], account_id: int, template_id: int) -> S:
    """Find a template of the account. Raises ``NotFoundError``."""
    return await desk.store.transact(lambda tx: kind.owned(tx, account_id, template_id))


async def list_all(desk: Desk, kind: TemplateKind[S], account_id: int) -> list[S]:
    """The account's templates, oldest first."""
    return await desk.store.transact(lambda tx: kind.all(tx, account_id))


async def change(
    desk: Desk,
    kind: TemplateKind[S],
    account_id: int,
    template_id: int,
    form: Form[S],
    *,
    limits: Limits = API_LIMITS,
    seen_version: int | None = None,
) -> S:
    """Change a template; pushes that are on go on as they began. Raises ``NotFoundError`` or ``InvalidError``.

    With ``seen_version``, the version that the caller has looked at: ``ConflictError`` when it is not the stored one.
    """

    def work(tx: Tx) -> S:
        old = kind.owned(tx, account_id, template_id)
        if seen_version not in (None, old.version):
            raise ConflictError(f"{kind.word} template", template_id)
        filled = kind.check(form.fill(old), limits)
        template = msgspec.structs.replace(filled, updated_ms=desk.clock.now_ms())
        kind.put(tx, template)
        return template

    return await desk.change(work)


async def delete(desk: Desk, kind: TemplateKind[S], account_id: int, template_id: int) -> None:
    """Delete a template. Raises ``NotFoundError``, or ``InUseError`` while a rule binds it."""

    def work(tx: Tx) -> None:
        template = kind.owned(tx, account_id, template_id)
        bound = [_place(rule) for rule in kind.rules(tx, account_id) if rule.template_id == template_id]
        if bound:
            raise InUseError(f"{kind.word} template", template_id, bound, rule=f"{kind.word} rule")
        kind.put(tx, msgspec.structs.replace(template, deleted=True, updated_ms=desk.clock.now_ms()))

    await desk.change(work)


def _place(rule: MediaRule) -> str:
    return f"rule {rule.domain}/{rule.app or '(all)'}/{rule.stream or '(all)'}"
