"""Callback templates: create, change, delete (contract 3.2)."""

import asyncio
from urllib.parse import urlsplit

import msgspec

from airhook.control.base import Desk
from airhook.control.template_options import OptionsForm, fill
from airhook.core.errors import ConflictError, InUseError, InvalidError, LimitError, NotFoundError
from airhook.core.ports import Tx
from airhook.core.templates import API_LIMITS, CallbackTemplate, Limits, check_template, check_url


class TemplateForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody filled in. None leaves a value as it is; an empty URL clears it (contract C-14)."""

    name: str | None = None
    description: str | None = None
    urls: dict[int, str] = msgspec.field(default_factory=dict)
    callback_key: str | None = None
    record_exception_levels: list[str] | None = None
    ordered: bool | None = None
    options: OptionsForm = msgspec.field(default_factory=OptionsForm)


async def create(
    desk: Desk, account_id: int, form: TemplateForm, *, limits: Limits = API_LIMITS
) -> CallbackTemplate:
    """Create a template. Raises ``InvalidError`` (see ``core.templates.check_template``) or ``LimitError``."""
    now = desk.clock.now_ms()
    first_key = form.callback_key or ""
    blank = CallbackTemplate(
        id=0, account_id=account_id, name="", callback_key=first_key, created_ms=now, updated_ms=now
    )
    filled = check_template(_fill(blank, form, now), limits)
    await _judge(desk, form.urls)

    def work(tx: Tx) -> CallbackTemplate:
        if len(tx.templates(account_id)) >= desk.limits.templates:
            raise LimitError("callback template", desk.limits.templates, setting="limits.templates")
        template = msgspec.structs.replace(filled, id=tx.new_template_id())
        tx.put_template(template)
        return template

    return await desk.change(work)


async def get(desk: Desk, account_id: int, template_id: int) -> CallbackTemplate:
    """Find a template of the account. Raises ``NotFoundError``."""
    return await desk.store.transact(lambda tx: owned(tx, account_id, template_id))


async def list_all(desk: Desk, account_id: int) -> list[CallbackTemplate]:
    """The account's templates, oldest first."""
    return await desk.store.transact(lambda tx: tx.templates(account_id))


async def change(
    desk: Desk,
    account_id: int,
    template_id: int,
    form: TemplateForm,
    *,
    limits: Limits = API_LIMITS,
    seen_version: int | None = None,
) -> CallbackTemplate:
    """Change a template. Raises ``NotFoundError`` or ``InvalidError``.

    With ``seen_version``, the version that the caller has looked at: ``ConflictError`` when it is not the stored one.
    """
    await _judge(desk, form.urls)

    def work(tx: Tx) -> CallbackTemplate:
        old = owned(tx, account_id, template_id)
        if seen_version not in (None, old.version):
            raise ConflictError("callback template", template_id)
        now = desk.clock.now_ms()
        filled = check_template(_fill(old, form, now), limits)
        template = msgspec.structs.replace(filled, updated_ms=now)
        tx.put_template(template)
        return template

    return await desk.change(work)


async def delete(desk: Desk, account_id: int, template_id: int) -> None:
    """Delete a template. Deliveries under way keep its key until they end (design D8).

    Raises ``NotFoundError``, or ``InUseError`` while a rule binds it.
    """

    def work(tx: Tx) -> None:
        template = owned(tx, account_id, template_id)
        bound = [
            f"rule {rule.domain}/{rule.app or '(all)'}"
            for rule in tx.rules(account_id)
            if rule.template_id == template_id
        ]
        if bound:
            raise InUseError("callback template", template_id, bound)
        tx.put_template(msgspec.structs.replace(template, deleted=True, updated_ms=desk.clock.now_ms()))

    await desk.change(work)


async def unresolved(desk: Desk, form: TemplateForm) -> list[str]:
    """Hosts in the form's URLs whose names do not resolve now: callbacks fail until they do (design D7)."""
    urls = [url for url in form.urls.values() if url]
    known = await asyncio.gather(*(desk.judge.resolves(url) for url in urls))
    return sorted({urlsplit(url).hostname or "" for url, found in zip(urls, known, strict=True) if not found})


def owned(tx: Tx, account_id: int, template_id: int) -> CallbackTemplate:
    """Find the account's template inside a transaction. Raises ``NotFoundError``."""
    template = tx.template(template_id)
    if template is None or template.deleted or template.account_id != account_id:
        raise NotFoundError("callback template", template_id)
    return template


def _fill(old: CallbackTemplate, form: TemplateForm, now_ms: int) -> CallbackTemplate:
    given = {field: value for field, value in msgspec.structs.asdict(form).items() if value is not None}
    given["urls"] = {kind: url for kind, url in sorted({**old.urls, **form.urls}.items()) if url}
    key = given.get("callback_key", old.callback_key)
    if key != old.callback_key:
        given["key_version"] = old.key_version + 1
    given["options"] = fill(old, key, form.options, now_ms)
    return msgspec.structs.replace(old, **given)


async def _judge(desk: Desk, urls: dict[int, str]) -> None:
    for event_type, url in urls.items():
        if not url:
            continue
        field = f"urls.{event_type}"
        refusal = await desk.judge(check_url(field, url))
        if refusal:
            raise InvalidError(field, refusal, rule="unsafe")
