"""Trying out a callback template: a sample of an event goes to its URL now, and what came back is shown."""

import math

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console import callback_events
from airhook.console.forms import Form, Problem
from airhook.console.session import user_of
from airhook.console.views.base import Kit, read_fields
from airhook.console.views.callback_form import find_template
from airhook.console.words import N_
from airhook.core.accounts import Role
from airhook.core.errors import AirhookError, NotFoundError
from airhook.core.ports import TrialAttempt
from airhook.core.templates import CallbackTemplate


class CallbackTest:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def form(self, request: Request) -> Response:
        template = await self._find(request)
        chosen = request.query_params.get("event") or next(
            (str(kind) for kind, _ in callback_events.in_order(template.urls)), ""
        )
        return self._page(request, template, Form.of({"event_type": chosen}))

    async def send(self, request: Request) -> Response:
        template = await self._find(request)
        form = await read_fields(request)
        user = user_of(request)
        wait_s = self._kit.trial_throttle.try_once(f"user {user.id}", "trial")
        if wait_s > 0:
            form.problems[""] = Problem(
                N_("That was often enough. Wait %(seconds)s seconds, then try again."),
                {"seconds": math.ceil(wait_s)},
            )
            return self._page(request, template, form, status=429)
        kind = form.value("event_type")
        try:
            event_type = int(kind) if kind.isdecimal() and len(kind) < 10 else -1
            trial = await self._kit.trials.send(
                self._kit.desk_of(request), user.account_id, template.id, event_type
            )
        except NotFoundError:
            raise HTTPException(404) from None
        except AirhookError as error:
            return self._page(request, template, form.refuse(error), status=422)
        return self._page(request, template, form, trial)

    async def _find(self, request: Request) -> CallbackTemplate:
        return await find_template(self._kit, request, request.path_params["template_id"])

    def _page(
        self,
        request: Request,
        template: CallbackTemplate,
        form: Form,
        trial: TrialAttempt | None = None,
        *,
        status: int = 200,
    ) -> Response:
        return self._kit.pages.html(
            request,
            "callbacks/test.html",
            status,
            template=template,
            form=form,
            trial=trial,
            formatted=msgspec.json.format(trial.body) if trial else b"",
            urls=callback_events.in_order(template.urls),
        )


def routes(kit: Kit) -> list[Route]:
    page = CallbackTest(kit)
    path = "/callbacks/{template_id:int}/test"
    return [
        kit.page(path, page.form, needs=Role.OPERATOR),
        kit.page(path, page.send, needs=Role.OPERATOR, methods=["POST"]),
    ]
