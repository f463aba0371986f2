"""The push-URL maker: app, stream and how long it lets in; the URL comes as encoders want it, whole and in two parts."""

import secrets

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.views.base import Kit, read_fields
from airhook.console.views.domains import find_domain
from airhook.core.accounts import Role
from airhook.core.domains import Domain, make_push_url
from airhook.core.errors import AirhookError, InvalidError
from airhook.core.streams import check_name

HOURS = {"hours": 1, "days": 24}
MAX_HOURS = 24 * 3650


class PushUrl(msgspec.Struct, frozen=True):
    url: str
    server: str  # of OBS: up to the app
    stream_key: str  # the rest
    expires_ms: int | None  # None: the domain lets everybody in


class PushUrls:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def form(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        stream = f"stream-{secrets.token_hex(3)}"
        form = Form.of({"app": "live", "stream": stream, "amount": "24", "unit": "hours"})
        return self._page(request, domain, form)

    async def make(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        form = await read_fields(request)
        try:
            made = self._made(domain, form)
        except AirhookError as error:
            return self._page(request, domain, form.refuse(error), status=422)
        return self._page(request, domain, form, made)

    def _made(self, domain: Domain, form: Form) -> PushUrl:
        app, stream = check_name("app", form.value("app")), check_name("stream", form.value("stream"))
        amount = form.value("amount")
        hours = (
            int(amount) * HOURS.get(form.value("unit"), 1) if amount.isdecimal() and len(amount) < 7 else 0
        )
        if not 1 <= hours <= MAX_HOURS:
            raise InvalidError("amount", "must be at least one hour and at most ten years", rule="range")
        expires_s = self._kit.desk.clock.now_ms() // 1000 + hours * 3600
        url = make_push_url(domain, app, stream, port=self._kit.settings.rtmp_port, expires_s=expires_s)
        server, _, stream_key = url.rpartition("/")
        return PushUrl(url, server, stream_key, expires_s * 1000 if "txTime" in url else None)

    def _page(
        self, request: Request, domain: Domain, form: Form, made: PushUrl | None = None, *, status: int = 200
    ) -> Response:
        return self._kit.pages.html(
            request, "domains/push_url.html", status, domain=domain, form=form, made=made
        )


def routes(kit: Kit) -> list[Route]:
    page = PushUrls(kit)
    path = "/domains/{domain:str}/push-url"
    return [
        kit.page(path, page.form, needs=Role.OPERATOR),
        kit.page(path, page.make, needs=Role.OPERATOR, methods=["POST"]),
    ]
