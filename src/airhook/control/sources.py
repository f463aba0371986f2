"""Sources: media servers of the customer's own whose hooks are let in (design D9)."""

from urllib.parse import urlsplit

import msgspec

from airhook.control.base import Desk
from airhook.control.domains import require_push
from airhook.core import pull_urls
from airhook.core.domains import normalize_domain
from airhook.core.errors import InvalidError, LimitError, NotFoundError
from airhook.core.hooks import HookRecord
from airhook.core.ports import Tx
from airhook.core.sources import (
    MAX_SECRET_LENGTH,
    MAX_SOURCES,
    DomainRule,
    Source,
    SourceKind,
    check_allowed,
    check_silence,
    check_source_name,
    new_id,
    new_token,
)

MAX_URL_LENGTH = 2048
MAX_HOOKS = 100


class SourceForm(msgspec.Struct, frozen=True, kw_only=True):
    """What may be said of a source; None leaves a value as it is, or as usual."""

    name: str | None = None
    allowed: list[str] | None = None
    domain: str | None = None  # "" for none
    domain_rule: str | None = None
    api_url: str | None = None
    api_secret: str | None = None
    silence_s: int | None = None
    pull_url: str | None = None  # "" for none
    new_token: bool = False


async def add(desk: Desk, account_id: int, kind: str, form: SourceForm) -> Source:
    """Add a media server.

    Raises ``InvalidError`` (field ``kind``, ``name``, ``allowed``, ``domain``, ``domain_rule``, ``api_url``,
    ``api_secret``, ``silence_s``, ``pull_url``), ``LimitError``.
    """
    now_ms = desk.clock.now_ms()
    fresh = Source(
        id=new_id(),
        account_id=account_id,
        kind=_kind(kind),
        name="",
        token=new_token(),
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    if form.name is None:
        raise InvalidError("name", "must be given", rule="required")
    source = await _checked(desk, fresh, form)

    def work(tx: Tx) -> Source:
        others = tx.sources(account_id)
        if len(others) >= MAX_SOURCES:
            raise LimitError("source", MAX_SOURCES)
        _check_place(tx, source, others)
        tx.put_source(source)
        return source

    return await desk.change(work)


async def list_all(desk: Desk, account_id: int) -> list[Source]:
    """The account's sources, oldest first."""
    return await desk.store.read(lambda view: view.sources(account_id))


async def get(desk: Desk, account_id: int, name: str) -> Source:
    """A source by its name or id. Raises ``NotFoundError``."""
    return _found(await list_all(desk, account_id), name)


async def change(desk: Desk, account_id: int, name: str, form: SourceForm) -> Source:
    """Change a source; hooks already on their way count as before.

    Raises ``NotFoundError``, and ``InvalidError`` as ``add``.
    """
    known = await get(desk, account_id, name)
    wanted = await _checked(desk, known, form)

    def work(tx: Tx) -> Source:
        others = tx.sources(account_id)
        old = _found(others, known.id)
        new = msgspec.structs.replace(
            wanted, token=new_token() if form.new_token else old.token, updated_ms=desk.clock.now_ms()
        )
        _check_place(tx, new, [one for one in others if one.id != old.id])
        tx.put_source(new)
        return new

    return await desk.change(work)


async def remove(desk: Desk, account_id: int, name: str) -> Source:
    """Take a source away: its hooks are refused from now on, and its pushes end. Raises ``NotFoundError``."""

    def work(tx: Tx) -> Source:
        old = _found(tx.sources(account_id), name)
        gone = msgspec.structs.replace(
            old, deleted=True, token="", api_secret="", updated_ms=desk.clock.now_ms()
        )
        tx.put_source(gone)
        return old

    return await desk.change(work)


async def recent_hooks(desk: Desk, account_id: int, name: str, limit: int = MAX_HOOKS) -> list[HookRecord]:
    """What a source told in the last minutes, newest first. Raises ``NotFoundError``."""
    source = await get(desk, account_id, name)
    return await desk.store.read(lambda view: view.fresh_hooks_of(source.id, min(limit, MAX_HOOKS)))


async def _checked(desk: Desk, old: Source, form: SourceForm) -> Source:
    """The source with what the form says, as far as that can be judged without the other ones."""
    given = {
        name: value
        for name, value in msgspec.structs.asdict(form).items()
        if value is not None and name != "new_token"
    }
    if form.name is not None:
        check_source_name(form.name)
    if form.allowed is not None:
        given["allowed"] = check_allowed(form.allowed)
    if form.domain is not None:
        given["domain"] = normalize_domain(form.domain)
    if form.domain_rule is not None:
        given["domain_rule"] = _rule(form.domain_rule)
    if form.silence_s is not None:
        check_silence(form.silence_s)
    if form.api_secret is not None and len(form.api_secret) > MAX_SECRET_LENGTH:
        raise InvalidError("api_secret", f"is longer than {MAX_SECRET_LENGTH} characters", rule="too_long")
    if form.api_url:
        await _check_api_url(desk, form.api_url)
    if form.pull_url is not None:
        given["pull_url"] = await _checked_pull_url(desk, form.pull_url)
    return msgspec.structs.replace(old, **given)


async def _checked_pull_url(desk: Desk, pattern: str) -> str:
    url = pull_urls.check(pattern)
    if url and (refusal := await desk.judge(pull_urls.as_web(url))):
        raise InvalidError("pull_url", refusal, rule="unsafe")
    return url


async def _check_api_url(desk: Desk, url: str) -> None:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        _ = parts.port
    except ValueError:
        fits = False
    if not fits or len(url) > MAX_URL_LENGTH or not url.isascii() or any(c <= " " for c in url):
        raise InvalidError(
            "api_url", f"{url!r} is no address such as http://127.0.0.1:8099/stat", rule="format"
        )
    if refusal := await desk.judge(url):
        raise InvalidError("api_url", refusal, rule="unsafe")


def _check_place(tx: Tx, source: Source, others: list[Source]) -> None:
    if any(one.name == source.name for one in others):
        raise InvalidError("name", f"{source.name!r} is taken; choose another", rule="taken")
    if source.domain:
        require_push(tx.domain(source.domain), source.account_id, source.domain)
    elif source.domain_rule is DomainRule.FIXED:
        raise InvalidError("domain", "must be named with the rule 'fixed'", rule="required")


def _kind(text: str) -> SourceKind:
    try:
        return SourceKind(text)
    except ValueError:
        raise InvalidError("kind", f"{text!r} is none of {', '.join(SourceKind)}", rule="unknown") from None


def _rule(text: str) -> DomainRule:
    try:
        return DomainRule(text)
    except ValueError:
        raise InvalidError("domain_rule", f"{text!r} is neither auto nor fixed", rule="unknown") from None


def _found(sources: list[Source], name: str) -> Source:
    found = next((one for one in sources if name in (one.name, one.id)), None)
    if found is None:
        raise NotFoundError("source", name)
    return found
