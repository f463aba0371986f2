"""Settings → API keys: key pairs of the cloud API, and keys of ``/v1``. A secret is shown once, when it is made."""

from collections.abc import Awaitable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.control import accounts, bearer
from airhook.core.accounts import Role
from airhook.core.errors import AirhookError, NotFoundError

LIST = "/console/keys"


class Keys:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def index(self, request: Request) -> Response:
        account_id = user_of(request).account_id
        return self._kit.pages.html(
            request,
            "keys/list.html",
            pairs=await accounts.list_api_keys(self._kit.desk, account_id),
            tokens=await bearer.list_bearer_keys(self._kit.desk, account_id),
            appid=self._appid(account_id),
        )

    async def ask_pair(self, request: Request) -> Response:
        return self._kit.pages.html(request, "keys/add_pair.html")

    async def add_pair(self, request: Request) -> Response:
        pair = await accounts.create_api_key(self._kit.desk_of(request), user_of(request).account_id)
        return self._kit.pages.html(request, "keys/pair.html", pair=pair)

    async def switch_pair(self, request: Request) -> Response:
        form = await read_fields(request)
        enabled = form.value("enabled") == "yes"
        await self._found(
            accounts.enable_api_key(
                self._kit.desk_of(request),
                user_of(request).account_id,
                form.value("secret_id"),
                enabled=enabled,
            )
        )
        return done(request, LIST, "key_enabled" if enabled else "key_disabled")

    async def blank_token(self, request: Request) -> Response:
        return self._kit.pages.html(request, "keys/add_token.html", form=Form())

    async def add_token(self, request: Request) -> Response:
        form = await read_fields(request)
        try:
            token, key = await bearer.create_bearer_key(
                self._kit.desk_of(request), user_of(request).account_id, form.value("name")
            )
        except AirhookError as error:
            return self._kit.pages.html(request, "keys/add_token.html", 422, form=form.refuse(error))
        return self._kit.pages.html(request, "keys/token.html", token=token, key=key)

    async def switch_token(self, request: Request) -> Response:
        form = await read_fields(request)
        enabled = form.value("enabled") == "yes"
        await self._found(
            bearer.enable_bearer_key(
                self._kit.desk_of(request), user_of(request).account_id, form.value("name"), enabled=enabled
            )
        )
        return done(request, LIST, "key_enabled" if enabled else "key_disabled")

    async def _found(self, change: Awaitable[object]) -> None:
        try:
            await change
        except NotFoundError:
            raise HTTPException(404) from None

    def _appid(self, account_id: int) -> int:
        account = self._kit.desk.config.current.accounts.get(account_id)
        return account.appid if account else 0


def routes(kit: Kit) -> list[Route]:
    page, owner = Keys(kit), Role.OWNER
    return [
        kit.page("/keys", page.index, needs=owner),
        kit.page("/keys/pair", page.ask_pair, needs=owner),
        kit.page("/keys/pair", page.add_pair, needs=owner, methods=["POST"]),
        kit.page("/keys/pair/switch", page.switch_pair, needs=owner, methods=["POST"]),
        kit.page("/keys/token", page.blank_token, needs=owner),
        kit.page("/keys/token", page.add_token, needs=owner, methods=["POST"]),
        kit.page("/keys/token/switch", page.switch_token, needs=owner, methods=["POST"]),
    ]
