"""Recording, screenshot and audit templates with their bindings: one set of pages for both families."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.console.views.media_families import FAMILIES, FORMATS, Family
from airhook.control import domains, media_rules, media_templates
from airhook.control.domains import PUSH
from airhook.core.accounts import Role
from airhook.core.errors import AirhookError, ConflictError, InUseError, InvalidError, NotFoundError
from airhook.core.media_rules import RuleKey
from airhook.core.templates import CONSOLE_LIMITS


class MediaTemplates:
    def __init__(self, kit: Kit, family: Family) -> None:
        self._kit = kit
        self._family = family
        self._path = f"/console/{family.folder}"

    async def index(self, request: Request) -> Response:
        account_id = user_of(request).account_id
        rules = await media_rules.list_all(self._kit.desk, self._family.rules, account_id)
        known = await media_templates.list_all(self._kit.desk, self._family.kind, account_id)
        listed = [(one, [rule for rule in rules if rule.template_id == one.id]) for one in reversed(known)]
        return self._html(request, "list.html", listed=listed, limit=self._kit.desk.limits.templates)

    async def blank(self, request: Request) -> Response:
        return self._form(request, self._family.blank())

    async def create(self, request: Request) -> Response:
        form = await read_fields(request)
        desk, account_id = self._kit.desk_of(request), user_of(request).account_id
        try:
            made = await media_templates.create(
                desk, self._family.kind, account_id, self._family.filled(form), limits=CONSOLE_LIMITS
            )
        except AirhookError as error:
            return self._form(request, form.refuse(error, _field(error)), status=422)
        return done(request, f"{self._path}/{made.id}", "media_template_created")

    async def show(self, request: Request) -> Response:
        template = await self._find(request)
        return self._html(request, "show.html", template=template, bound=await self._bound(template))

    async def edit(self, request: Request) -> Response:
        template = await self._find(request)
        return self._form(request, self._family.shown(template), template)

    async def change(self, request: Request) -> Response:
        form, template = await read_fields(request), await self._find(request)
        seen = form.value("version")
        try:
            await media_templates.change(
                self._kit.desk_of(request),
                self._family.kind,
                template.account_id,
                template.id,
                self._family.filled(form),
                limits=CONSOLE_LIMITS,
                seen_version=int(seen) if seen.isdecimal() else -1,
            )
        except AirhookError as error:
            status = 409 if isinstance(error, ConflictError) else 422
            return self._form(request, form.refuse(error, _field(error)), template, status=status)
        return done(request, f"{self._path}/{template.id}", "media_template_changed")

    async def ask_delete(self, request: Request) -> Response:
        template = await self._find(request)
        return self._html(request, "delete.html", template=template, bound=await self._bound(template))

    async def delete(self, request: Request) -> Response:
        template = await self._find(request)
        desk = self._kit.desk_of(request)
        try:
            await media_templates.delete(desk, self._family.kind, template.account_id, template.id)
        except InUseError:  # bound since the question was asked
            bound = await self._bound(template)
            return self._html(request, "delete.html", 409, template=template, bound=bound)
        return done(request, self._path, "template_deleted")

    async def bind_form(self, request: Request) -> Response:
        return await self._bind(request, await self._find(request), Form())

    async def bind(self, request: Request) -> Response:
        form, template = await read_fields(request), await self._find(request)
        place = RuleKey(form.value("domain"), form.value("app"), form.value("stream"))
        desk = self._kit.desk_of(request)
        try:
            await media_rules.bind(desk, self._family.rules, template.account_id, place, template.id)
        except AirhookError as error:
            return await self._bind(request, template, form.refuse(error), status=422)
        return done(request, f"{self._path}/{template.id}", "media_bound")

    async def unbind(self, request: Request) -> Response:
        form, template = await read_fields(request), await self._find(request)
        place = RuleKey(form.value("domain"), form.value("app"), form.value("stream"))
        try:
            await media_rules.unbind(
                self._kit.desk_of(request), self._family.rules, template.account_id, place
            )
        except NotFoundError:
            raise HTTPException(409) from None
        return done(request, f"{self._path}/{template.id}", "unbound")

    async def _find(self, request: Request) -> Any:
        template_id = request.path_params["template_id"]
        try:
            return await media_templates.get(
                self._kit.desk, self._family.kind, user_of(request).account_id, template_id
            )
        except NotFoundError:
            raise HTTPException(404) from None

    async def _bound(self, template: Any) -> list[Any]:
        rules = await media_rules.list_all(self._kit.desk, self._family.rules, template.account_id)
        return [rule for rule in rules if rule.template_id == template.id]

    async def _bind(self, request: Request, template: Any, form: Form, *, status: int = 200) -> Response:
        known = await domains.list_all(self._kit.desk, template.account_id)
        pairs = [(one.name, one.name) for one in known if one.domain_type == PUSH]
        return self._html(request, "bind.html", status, template=template, form=form, pairs=pairs)

    def _form(self, request: Request, form: Form, template: Any = None, *, status: int = 200) -> Response:
        back = f"{self._path}/{template.id}" if template else self._path
        return self._html(
            request, "form.html", status, form=form, template=template, back=back, limits=CONSOLE_LIMITS
        )

    def _html(self, request: Request, name: str, status: int = 200, /, **values: Any) -> Response:
        common = {"family": self._family, "path": self._path, "formats": FORMATS}
        return self._kit.pages.html(request, f"media/{name}", status, **common, **values)


def _field(error: AirhookError) -> str | None:
    """``params.flv.interval_s`` is ``flv.interval_s`` in the form."""
    return error.field.removeprefix("params.") if isinstance(error, InvalidError) else None


def routes(kit: Kit) -> list[Route]:
    return [route for family in FAMILIES for route in _routes(kit, family)]


def _routes(kit: Kit, family: Family) -> list[Route]:
    page, operator = MediaTemplates(kit, family), Role.OPERATOR
    top, one = f"/{family.folder}", f"/{family.folder}/{{template_id:int}}"
    return [
        kit.page(top, page.index),
        kit.page(f"{top}/new", page.blank, needs=operator),
        kit.page(f"{top}/new", page.create, needs=operator, methods=["POST"]),
        kit.page(one, page.show),
        kit.page(f"{one}/edit", page.edit, needs=operator),
        kit.page(f"{one}/edit", page.change, needs=operator, methods=["POST"]),
        kit.page(f"{one}/delete", page.ask_delete, needs=operator),
        kit.page(f"{one}/delete", page.delete, needs=operator, methods=["POST"]),
        kit.page(f"{one}/bind", page.bind_form, needs=operator),
        kit.page(f"{one}/bind", page.bind, needs=operator, methods=["POST"]),
        kit.page(f"{one}/unbind", page.unbind, needs=operator, methods=["POST"]),
    ]
