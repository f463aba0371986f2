"""Binding a callback template to domains, from the template's side; for the domain's side see ``domains``."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.console.views.callback_form import LIST, find_template
from airhook.control import domains, rules
from airhook.control.domains import PUSH
from airhook.core.accounts import Role
from airhook.core.errors import AirhookError, InvalidError, NotFoundError
from airhook.core.rules import CallbackRule
from airhook.core.templates import CallbackTemplate


class CallbackBinding:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def form(self, request: Request) -> Response:
        return await self._page(request, await self._find(request), Form())

    async def bind(self, request: Request) -> Response:
        template = await self._find(request)
        form = await read_fields(request)
        chosen = form.all("domain")
        try:
            if not chosen:
                raise InvalidError("domain", "choose at least one", rule="required")
            await rules.bind_all(
                self._kit.desk_of(request), template.account_id, chosen, form.value("app"), template.id
            )
        except NotFoundError:
            raise HTTPException(404) from None
        except AirhookError as error:
            return await self._page(request, template, form.refuse(error), status=422)
        return done(request, f"{LIST}/{template.id}", "bound")

    async def unbind(self, request: Request) -> Response:
        template = await self._find(request)
        form = await read_fields(request)
        try:
            await rules.unbind(
                self._kit.desk_of(request), template.account_id, form.value("domain"), form.value("app")
            )
        except NotFoundError:
            raise HTTPException(409) from None
        return done(request, f"{LIST}/{template.id}", "unbound")

    async def _find(self, request: Request) -> CallbackTemplate:
        return await find_template(self._kit, request, request.path_params["template_id"])

    async def _page(
        self, request: Request, template: CallbackTemplate, form: Form, *, status: int = 200
    ) -> Response:
        account_id = user_of(request).account_id
        known = [one for one in await domains.list_all(self._kit.desk, account_id) if one.domain_type == PUSH]
        bound: dict[str, CallbackRule] = {
            rule.domain: rule for rule in await rules.list_all(self._kit.desk, account_id) if not rule.app
        }
        names = {one.id: one.name for one in self._kit.desk.config.current.templates.values()}
        return self._kit.pages.html(
            request,
            "callbacks/bind.html",
            status,
            template=template,
            form=form,
            domains=known,
            bound=bound,
            names=names,
        )


def routes(kit: Kit) -> list[Route]:
    page = CallbackBinding(kit)
    one, operator = "/callbacks/{template_id:int}", Role.OPERATOR
    return [
        kit.page(f"{one}/bind", page.form, needs=operator),
        kit.page(f"{one}/bind", page.bind, needs=operator, methods=["POST"]),
        kit.page(f"{one}/unbind", page.unbind, needs=operator, methods=["POST"]),
    ]
