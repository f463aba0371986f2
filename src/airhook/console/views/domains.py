"""Domain management: the list, adding, enabling and disabling, deleting, and a domain's own page."""

from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.console.views.media_families import FAMILIES, Family
from airhook.control import domains, media_rules, media_templates, rules, templates
from airhook.control.domains import PLAYBACK, PUSH, DomainChange
from airhook.core.accounts import Role
from airhook.core.domains import Domain
from airhook.core.errors import AirhookError, InUseError, NotFoundError
from airhook.core.rules import CallbackRule

LIST = "/console/domains"


class MediaBindings(NamedTuple):
    family: Family
    rules: list[Any]
    names: dict[int, str]  # of templates


class Domains:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def index(self, request: Request) -> Response:
        account_id = user_of(request).account_id
        query = request.query_params.get("q", "").strip()
        known = await domains.list_all(self._kit.desk, account_id)
        bound: dict[str, list[CallbackRule]] = {}
        for rule in await rules.list_all(self._kit.desk, account_id):
            bound.setdefault(rule.domain, []).append(rule)
        return self._kit.pages.html(
            request,
            "domains/list.html",
            found=[one for one in reversed(known) if query.lower() in one.name],
            total=len(known),
            limit=self._kit.desk.limits.domains,
            query=query,
            bound=bound,
            names={one.id: one.name for one in await templates.list_all(self._kit.desk, account_id)},
        )

    async def blank(self, request: Request) -> Response:
        return self._form(request, Form.of({"domain_type": str(PUSH)}))

    async def add(self, request: Request) -> Response:
        form = await read_fields(request)
        kind = PLAYBACK if form.value("domain_type") == str(PLAYBACK) else PUSH
        try:
            made = await domains.add(
                self._kit.desk_of(request),
                user_of(request).account_id,
                form.value("domain"),
                domain_type=kind,
            )
        except AirhookError as error:
            return self._form(request, form.refuse(error), status=422)
        return done(request, f"{LIST}/{made.name}", "domain_added")

    async def show(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        account_id = domain.account_id
        bound = [
            rule for rule in await rules.list_all(self._kit.desk, account_id) if rule.domain == domain.name
        ]
        return self._kit.pages.html(
            request,
            "domains/show.html",
            domain=domain,
            whole=next((rule for rule in bound if not rule.app), None),
            by_app=sorted((rule for rule in bound if rule.app), key=lambda rule: rule.app),
            names={one.id: one.name for one in await templates.list_all(self._kit.desk, account_id)},
            media=[await self._media(family, domain) for family in FAMILIES],
        )

    async def _media(self, family: Family, domain: Domain) -> MediaBindings:
        """What is recorded, or pictured, on the domain."""
        desk = self._kit.desk
        known = await media_templates.list_all(desk, family.kind, domain.account_id)
        bound = await media_rules.list_all(desk, family.rules, domain.account_id)
        names = {one.id: one.name for one in known}
        return MediaBindings(family, [rule for rule in bound if rule.domain == domain.name], names)

    async def switch(self, request: Request) -> Response:
        """Enable or disable."""
        domain = await find_domain(self._kit, request)
        enabled = (await read_fields(request)).value("enabled") == "yes"
        await self._change(request, domain, DomainChange(enabled=enabled))
        return done(request, f"{LIST}/{domain.name}", "domain_enabled" if enabled else "domain_disabled")

    async def ask(self, request: Request) -> Response:
        return await self._ask(request, await find_domain(self._kit, request))

    async def delete(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        try:
            await domains.remove(self._kit.desk_of(request), domain.account_id, domain.name)
        except NotFoundError:
            raise HTTPException(404) from None
        except InUseError:  # bound since the question was asked
            return await self._ask(request, domain, status=409)
        return done(request, LIST, "domain_deleted")

    async def _change(self, request: Request, domain: Domain, what: DomainChange) -> None:
        try:
            await domains.change(self._kit.desk_of(request), domain.account_id, domain.name, what)
        except NotFoundError:
            raise HTTPException(404) from None

    async def _ask(self, request: Request, domain: Domain, *, status: int = 200) -> Response:
        all_rules = await rules.list_all(self._kit.desk, domain.account_id)
        bound = [rule for rule in all_rules if rule.domain == domain.name]
        names = {one.id: one.name for one in self._kit.desk.config.current.templates.values()}
        return self._kit.pages.html(
            request, "domains/delete.html", status, domain=domain, bound=bound, names=names
        )

    def _form(self, request: Request, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(request, "domains/add.html", status, form=form)


async def find_domain(kit: Kit, request: Request) -> Domain:
    """The signed-in user's domain of the path; else "not found"."""
    try:
        return await domains.get(kit.desk, user_of(request).account_id, request.path_params["domain"])
    except NotFoundError:
        raise HTTPException(404) from None


def routes(kit: Kit) -> list[Route]:
    page = Domains(kit)
    one, operator, owner = "/domains/{domain:str}", Role.OPERATOR, Role.OWNER
    return [
        kit.page("/domains", page.index),
        kit.page("/domains/add", page.blank, needs=owner),
        kit.page("/domains/add", page.add, needs=owner, methods=["POST"]),
        kit.page(one, page.show),
        kit.page(f"{one}/switch", page.switch, needs=operator, methods=["POST"]),
        kit.page(f"{one}/delete", page.ask, needs=owner),
        kit.page(f"{one}/delete", page.delete, needs=owner, methods=["POST"]),
    ]
