"""Event Center → Callbacks: the list with its search, a template's own page, and deleting one."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console import callback_events
from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done
from airhook.console.views.callback_form import LIST, find_template
from airhook.console.views.callback_options import delays_text
from airhook.control import rules, templates
from airhook.core.accounts import Role
from airhook.core.delivery_options import DeliveryOptions
from airhook.core.errors import InUseError, NotFoundError
from airhook.core.rules import CallbackRule
from airhook.core.templates import CallbackTemplate


class Listed(msgspec.Struct, frozen=True):
    """A template with the rules that bind it."""

    template: CallbackTemplate
    bound: list[CallbackRule]

    def matches(self, text: str) -> bool:
        """Whether one of its words holds ``text``: name, description, number, a URL, a domain."""
        one = self.template
        words = (one.name, one.description, str(one.id), *one.urls.values(), *(r.domain for r in self.bound))
        return any(text in word.lower() for word in words)


class Callbacks:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def index(self, request: Request) -> Response:
        query = request.query_params.get("q", "").strip()
        known = await self._known(request)
        found = [one for one in known if one.matches(query.lower())]
        return self._kit.pages.html(
            request,
            "callbacks/list.html",
            found=list(reversed(found)),
            total=len(known),
            limit=self._kit.desk.limits.templates,
            query=query,
            in_order=callback_events.in_order,
        )

    async def show(self, request: Request) -> Response:
        template = await self._find(request)
        options = template.options or DeliveryOptions()
        return self._kit.pages.html(
            request,
            "callbacks/show.html",
            template=template,
            options=options,
            delays=delays_text(options),
            bound=await self._bound(request, template),
            urls=callback_events.in_order(template.urls),
        )

    async def ask(self, request: Request) -> Response:
        """Before deleting: is it meant, and is it possible?"""
        template = await self._find(request)
        return await self._ask(request, template, Form())

    async def delete(self, request: Request) -> Response:
        template = await self._find(request)
        try:
            await templates.delete(self._kit.desk_of(request), template.account_id, template.id)
        except NotFoundError:
            raise HTTPException(404) from None
        except InUseError:  # bound since the question was asked
            return await self._ask(request, template, Form(), status=409)
        return done(request, LIST, "template_deleted")

    async def _ask(
        self, request: Request, template: CallbackTemplate, form: Form, *, status: int = 200
    ) -> Response:
        bound = await self._bound(request, template)
        return self._kit.pages.html(
            request, "callbacks/delete.html", status, template=template, bound=bound, form=form
        )

    async def _known(self, request: Request) -> list[Listed]:
        account_id = user_of(request).account_id
        all_rules = await rules.list_all(self._kit.desk, account_id)
        return [
            Listed(template, [rule for rule in all_rules if rule.template_id == template.id])
            for template in await templates.list_all(self._kit.desk, account_id)
        ]

    async def _bound(self, request: Request, template: CallbackTemplate) -> list[CallbackRule]:
        all_rules = await rules.list_all(self._kit.desk, user_of(request).account_id)
        return [rule for rule in all_rules if rule.template_id == template.id]

    async def _find(self, request: Request) -> CallbackTemplate:
        return await find_template(self._kit, request, request.path_params["template_id"])


def routes(kit: Kit) -> list[Route]:
    page = Callbacks(kit)
    one = "/callbacks/{template_id:int}"
    return [
        kit.page("/callbacks", page.index),
        kit.page(one, page.show),
        kit.page(f"{one}/delete", page.ask, needs=Role.OPERATOR),
        kit.page(f"{one}/delete", page.delete, needs=Role.OPERATOR, methods=["POST"]),
    ]
