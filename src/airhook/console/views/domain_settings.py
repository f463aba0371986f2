"""A domain's settings, each in a dialog of its own: callback configuration, push authentication, reconnect window."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.views.base import Kit, done, read_fields
from airhook.console.views.domains import LIST, find_domain
from airhook.control import domains, rules, templates
from airhook.control.domains import DomainChange
from airhook.core.accounts import Role
from airhook.core.domains import MAX_AUTH_KEY_LENGTH, MAX_RECONNECT_WINDOW_S, Domain
from airhook.core.errors import AirhookError, ConflictError, InvalidError, NotFoundError
from airhook.core.templates import MAX_KEY_LENGTH


class DomainSettings:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    # --- callback configuration: Edit, choose a template or none, Confirm (contract 5.2) ---

    async def callback(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        app = request.query_params.get("app", "")
        wants_new = "app" in request.query_params and not app
        bound = "" if wants_new else await self._bound(domain, app)
        form = Form.of({"app": app, "template": bound, "seen": bound})
        return await self._callback(request, domain, form)

    async def choose(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        form = await read_fields(request)
        try:
            if form.has("by_app", "yes") and not form.value("app"):
                raise InvalidError("app", "must name an app", rule="required")
            await rules.choose(
                self._kit.desk_of(request),
                domain.account_id,
                domain.name,
                form.value("app"),
                _number(form.value("template")),
                seen=_number(form.value("seen")),
            )
        except NotFoundError:
            form.refuse(InvalidError("template", "is gone", rule="unknown"))
            return await self._callback(request, domain, form, status=422)
        except AirhookError as error:
            status = 409 if isinstance(error, ConflictError) else 422
            return await self._callback(request, domain, form.refuse(error), status=status)
        return done(request, f"{LIST}/{domain.name}", "bound" if form.value("template") else "unbound")

    async def _bound(self, domain: Domain, app: str) -> str:
        for rule in await rules.list_all(self._kit.desk, domain.account_id):
            if (rule.domain, rule.app) == (domain.name, app):
                return str(rule.template_id)
        return ""

    async def _callback(self, request: Request, domain: Domain, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(
            request,
            "domains/callback.html",
            status,
            domain=domain,
            form=form,
            by_app="app" in request.query_params or bool(form.value("app")) or form.has("by_app", "yes"),
            templates=await templates.list_all(self._kit.desk, domain.account_id),
        )

    # --- push authentication ---

    async def auth(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        form = Form.of(
            {
                "auth_enabled": ["on"] if domain.auth_enabled else [],
                "auth_key": domain.auth_key,
                "backup_auth_key": domain.backup_auth_key,
                "auth_delta_s": str(domain.auth_delta_s),
                "version": str(domain.version),
            }
        )
        return self._auth(request, domain, form)

    async def change_auth(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        form = await read_fields(request)
        try:
            what = DomainChange(
                auth_enabled=form.has("auth_enabled"),
                auth_key=form.value("auth_key"),
                backup_auth_key=form.value("backup_auth_key"),
                auth_delta_s=_whole("auth_delta_s", form.value("auth_delta_s") or "0"),
            )
            await self._change(request, domain, what, form)
        except AirhookError as error:
            return self._auth(request, domain, form.refuse(error), status=_status(error))
        return done(request, f"{LIST}/{domain.name}", "domain_changed")

    def _auth(self, request: Request, domain: Domain, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(
            request,
            "domains/auth.html",
            status,
            domain=domain,
            form=form,
            longest=MAX_AUTH_KEY_LENGTH,
            key_length=MAX_KEY_LENGTH,
        )

    # --- reconnect window ---

    async def window(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        form = Form.of({"reconnect_window_s": str(domain.reconnect_window_s), "version": str(domain.version)})
        return self._window(request, domain, form)

    async def change_window(self, request: Request) -> Response:
        domain = await find_domain(self._kit, request)
        form = await read_fields(request)
        try:
            seconds = _whole("reconnect_window_s", form.value("reconnect_window_s"))
            await self._change(request, domain, DomainChange(reconnect_window_s=seconds), form)
        except AirhookError as error:
            return self._window(request, domain, form.refuse(error), status=_status(error))
        return done(request, f"{LIST}/{domain.name}", "domain_changed")

    def _window(self, request: Request, domain: Domain, form: Form, *, status: int = 200) -> Response:
        return self._kit.pages.html(
            request,
            "domains/window.html",
            status,
            domain=domain,
            form=form,
            longest=MAX_RECONNECT_WINDOW_S,
        )

    async def _change(self, request: Request, domain: Domain, what: DomainChange, form: Form) -> None:
        seen = form.value("version")
        version = int(seen) if seen.isdecimal() else -1
        try:
            desk = self._kit.desk_of(request)
            await domains.change(desk, domain.account_id, domain.name, what, seen_version=version)
        except NotFoundError:
            raise HTTPException(404) from None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def _whole(field: str, text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise InvalidError(field, "must be a whole number of seconds", rule="format")
    return int(text)


def _status(error: AirhookError) -> int:
    return 409 if isinstance(error, ConflictError) else 422


def routes(kit: Kit) -> list[Route]:
    page = DomainSettings(kit)
    one, operator = "/domains/{domain:str}", Role.OPERATOR
    return [
        kit.page(f"{one}/callback", page.callback, needs=operator),
        kit.page(f"{one}/callback", page.choose, needs=operator, methods=["POST"]),
        kit.page(f"{one}/auth", page.auth, needs=operator),
        kit.page(f"{one}/auth", page.change_auth, needs=operator, methods=["POST"]),
        kit.page(f"{one}/window", page.window, needs=operator),
        kit.page(f"{one}/window", page.change_window, needs=operator, methods=["POST"]),
    ]
