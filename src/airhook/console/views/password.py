"""Choosing one's own password: after a one-time link, or whenever one likes."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import OVERVIEW, token_of, user_of
from airhook.console.views.base import Kit, client_address, done, read_fields
from airhook.control import accounts, users
from airhook.core.errors import AirhookError, InvalidError

PATH = "/console/password"


class Password:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def form(self, request: Request) -> Response:
        return self._page(request, Form())

    async def change(self, request: Request) -> Response:
        form = await read_fields(request)
        user, desk = user_of(request), self._kit.desk_of(request)
        new = _raw(form, "new")
        try:
            if user.password_hash and not await self._is_right(request, _raw(form, "old")):
                raise InvalidError("old", "is wrong", rule="wrong")
            if new != _raw(form, "again"):
                raise InvalidError("again", "differs", rule="differs")
            await users.change_password(desk, user, new, keep=accounts.sha256(token_of(request)))
        except AirhookError as error:
            field = "new" if isinstance(error, InvalidError) and error.field == "password" else None
            return self._page(request, form.refuse(error, field), status=422)
        return done(request, OVERVIEW, "password_changed")

    async def _is_right(self, request: Request, password: str) -> bool:
        """Guessing here is as limited as signing in."""
        name = user_of(request).name
        if self._kit.throttle.try_once(client_address(request), name) > 0:
            return False
        right = await accounts.is_password(user_of(request), password)
        if right:
            self._kit.throttle.forget(client_address(request), name)
        return right

    def _page(self, request: Request, form: Form, *, status: int = 200) -> Response:
        shown = Form()  # passwords do not go back to the page
        shown.problems = form.problems
        return self._kit.pages.html(
            request,
            "password.html",
            status,
            form=shown,
            first=not user_of(request).password_hash,
            shortest=accounts.MIN_PASSWORD_LENGTH,
            back=OVERVIEW,
        )


def _raw(form: Form, name: str) -> str:
    """As typed: white space belongs to a password."""
    return (form.all(name) or [""])[-1]


def routes(kit: Kit) -> list[Route]:
    page = Password(kit)
    return [kit.page("/password", page.form), kit.page("/password", page.change, methods=["POST"])]
