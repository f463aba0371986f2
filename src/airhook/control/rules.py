"""Callback rules: bind a template to a domain and app, and unbind it (contract 3.2, 5.4)."""

from collections.abc import Sequence

import msgspec

from airhook.control import templates
from airhook.control.base import Desk
from airhook.control.domains import require_push
from airhook.core.domains import normalize_domain
from airhook.core.errors import AlreadyExistsError, ConflictError, NotFoundError
from airhook.core.ports import Tx
from airhook.core.rules import WHOLE_DOMAIN, CallbackRule
from airhook.core.streams import check_name


async def bind(desk: Desk, account_id: int, domain: str, app: str, template_id: int) -> CallbackRule:
    """Let a template serve a domain's app; an empty app means every app.

    Raises ``InvalidError`` (field ``app``; ``domain`` with rule ``unknown``), ``NotFoundError`` (the template),
    ``AlreadyExistsError``.
    """
    (rule,) = await bind_all(desk, account_id, [domain], app, template_id)
    return rule


async def bind_all(
    desk: Desk, account_id: int, names: Sequence[str], app: str, template_id: int
) -> list[CallbackRule]:
    """The same for several domains at once: all of them, or none. Raises as ``bind``."""
    if app != WHOLE_DOMAIN:
        check_name("app", app)
    now = desk.clock.now_ms()

    def work(tx: Tx) -> list[CallbackRule]:
        return [_bind(tx, account_id, name, app, template_id, now) for name in names]

    return await desk.change(work)


async def choose(
    desk: Desk, account_id: int, domain: str, app: str, template_id: int | None, *, seen: int | None
) -> None:
    """Let another template serve a domain's app, or none, in one step (contract C-06).

    ``seen`` is the template that the caller saw there: ``ConflictError`` when it is another one by now. Raises as
    ``bind`` besides.
    """
    if app != WHOLE_DOMAIN:
        check_name("app", app)
    now = desk.clock.now_ms()
    name = normalize_domain(domain)

    def work(tx: Tx) -> None:
        require_push(tx.domain(name), account_id, name)
        old = tx.rule(name, app)
        if (old.template_id if old else None) != seen:
            raise ConflictError("callback rule for", f"{name}/{app}")
        if template_id == seen:
            return
        if template_id is None:
            assert old is not None
            tx.put_rule(msgspec.structs.replace(old, deleted=True, updated_ms=now))
            return
        templates.owned(tx, account_id, template_id)
        created = old.created_ms if old else now
        tx.put_rule(
            CallbackRule(
                account_id=account_id,
                domain=name,
                app=app,
                template_id=template_id,
                created_ms=created,
                updated_ms=now,
            )
        )

    await desk.change(work)


async def unbind(desk: Desk, account_id: int, domain: str, app: str) -> None:
    """Remove the rule with exactly these values. Raises ``NotFoundError``."""

    def work(tx: Tx) -> None:
        rule = tx.rule(normalize_domain(domain), app)
        if rule is None or rule.deleted or rule.account_id != account_id:
            raise NotFoundError("callback rule for", f"{domain}/{app or '(all)'}")
        tx.put_rule(msgspec.structs.replace(rule, deleted=True, updated_ms=desk.clock.now_ms()))

    await desk.change(work)


async def list_all(desk: Desk, account_id: int) -> list[CallbackRule]:
    """The account's rules, oldest first."""
    return await desk.store.transact(lambda tx: tx.rules(account_id))


def _bind(tx: Tx, account_id: int, domain: str, app: str, template_id: int, now_ms: int) -> CallbackRule:
    name = normalize_domain(domain)
    require_push(tx.domain(name), account_id, name)
    templates.owned(tx, account_id, template_id)
    old = tx.rule(name, app)
    if old and not old.deleted:
        raise AlreadyExistsError(
            "callback rule for", f"{name}/{app or '(all)'}", hint="delete it before binding another template"
        )
    rule = CallbackRule(
        account_id=account_id,
        domain=name,
        app=app,
        template_id=template_id,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    tx.put_rule(rule)
    return rule
