"""Settings → Users: who may sign in, with which role; new ones and forgotten passwords by one-time links."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.control import users
from airhook.core.accounts import Role, User
from airhook.core.errors import AirhookError, InvalidError

LIST = "/console/users"


class Users:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def index(self, request: Request) -> Response:
        known = await users.list_all(self._kit.desk, user_of(request).account_id)
        return self._kit.pages.html(request, "users/list.html", known=known)

    async def blank(self, request: Request) -> Response:
        return self._form(request, Form.of({"role": Role.OPERATOR.value}))

    async def add(self, request: Request) -> Response:
        form = await read_fields(request)
        by, desk = user_of(request), self._kit.desk_of(request)
        try:
            made = await users.add(desk, by, form.value("name"), _role(form))
            token = await users.reset_link_token(desk, by, made.id)
        except AirhookError as error:
            return self._form(request, form.refuse(error), status=422)
        return self._link(request, made, token)

    async def role(self, request: Request) -> Response:
        user = await self._find(request)
        return self._role(request, user, Form.of({"role": user.role.value}))

    async def change_role(self, request: Request) -> Response:
        user = await self._find(request)
        form = await read_fields(request)
        try:
            await users.set_role(self._kit.desk_of(request), user_of(request), user.id, _role(form))
        except AirhookError as error:
            return self._role(request, user, form.refuse(error), status=422)
        return done(request, LIST, "user_changed")

    async def ask_reset(self, request: Request) -> Response:
        return self._reset(request, await self._find(request), Form())

    async def reset(self, request: Request) -> Response:
        user = await self._find(request)
        try:
            token = await users.reset_link_token(self._kit.desk_of(request), user_of(request), user.id)
        except AirhookError as error:
            return self._reset(request, user, Form().refuse(error, ""), status=422)
        return self._link(request, user, token)

    async def switch(self, request: Request) -> Response:
        user = await self._find(request)
        enabled = (await read_fields(request)).value("enabled") == "yes"
        try:
            await users.enable(self._kit.desk_of(request), user_of(request), user.id, enabled=enabled)
        except InvalidError as error:
            known = await users.list_all(self._kit.desk, user.account_id)
            problem = Form().refuse(error, "").problems[""]
            return self._kit.pages.html(request, "users/list.html", 422, known=known, problem=problem)
        return done(request, LIST, "user_enabled" if enabled else "user_disabled")

    async def _find(self, request: Request) -> User:
        known = await users.list_all(self._kit.desk, user_of(request).account_id)
        user = next((one for one in known if one.id == request.path_params["user_id"]), None)
        if user is None:
            raise HTTPException(404)
        return user

    def _form(self, request: Request, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(request, "users/add.html", status, form=form, may_give=_may_give(request))

    def _role(self, request: Request, user: User, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(
            request, "users/role.html", status, person=user, form=form, may_give=_may_give(request)
        )

    def _reset(self, request: Request, user: User, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(request, "users/reset.html", status, person=user, form=form)

    def _link(self, request: Request, user: User, token: str) -> Response:
        link = f"{request.url.scheme}://{request.headers.get('host', '')}/console/link/{token}"
        return self._kit.pages.html(request, "users/link.html", person=user, link=link)


def _may_give(request: Request) -> list[Role]:
    return [role for role in Role if user_of(request).role.includes(role)]


def _role(form: Form) -> Role:
    try:
        return Role(form.value("role"))
    except ValueError:
        raise InvalidError("role", "is none of the choices", rule="unknown") from None


def routes(kit: Kit) -> list[Route]:
    page = Users(kit)
    one, owner = "/users/{user_id:int}", Role.OWNER
    return [
        kit.page("/users", page.index, needs=owner),
        kit.page("/users/add", page.blank, needs=owner),
        kit.page("/users/add", page.add, needs=owner, methods=["POST"]),
        kit.page(f"{one}/role", page.role, needs=owner),
        kit.page(f"{one}/role", page.change_role, needs=owner, methods=["POST"]),
        kit.page(f"{one}/reset", page.ask_reset, needs=owner),
        kit.page(f"{one}/reset", page.reset, needs=owner, methods=["POST"]),
        kit.page(f"{one}/switch", page.switch, needs=owner, methods=["POST"]),
    ]
