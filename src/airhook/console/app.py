"""The console's pages, and what stands around all of them."""

from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Router
from starlette.types import ASGIApp

from airhook.console.protection import OwnFormsOnly, Protection
from airhook.console.rendering import Pages
from airhook.console.views import (
    account,
    audit,
    callback_binding,
    callback_form,
    callback_test,
    callbacks,
    deliveries,
    destinations,
    domain_settings,
    domains,
    keys,
    link,
    media_templates,
    overview,
    password,
    preferences,
    push_urls,
    pushes,
    records,
    replays,
    retention,
    sign_in,
    sources,
    stream_orders,
    streams,
    users,
)
from airhook.console.views.base import ConsoleSettings, Kit
from airhook.control.base import Desk
from airhook.control.bitrates import Bitrates
from airhook.control.trends import Trends
from airhook.control.trials import Trials
from airhook.core.errors import UnavailableError
from airhook.core.stats import TOOK_MS

MAX_FORM_BYTES = 64 * 1024


def create_console(
    desk: Desk,
    trials: Trials,
    settings: ConsoleSettings | None = None,
    trends: Trends | None = None,
    bitrates: Bitrates | None = None,
) -> ASGIApp:
    """Build the application to be mounted at ``/console``."""
    kit = Kit(
        desk,
        trials,
        settings or ConsoleSettings(),
        trends or Trends(None, TOOK_MS),
        bitrates or Bitrates(desk.live.measures, desk.clock),
    )
    errors = ErrorPages(kit.pages)
    router = Router(console_routes(kit), redirect_slashes=False)
    app = Starlette(
        routes=[Mount("", OwnFormsOnly(router))],
        exception_handlers={
            HTTPException: errors.http_error,
            UnavailableError: errors.unavailable,
            Exception: errors.fault,  # and raised again after the page is sent, so that the port logs it
        },
        max_body_size=MAX_FORM_BYTES,
    )
    return Protection(app)


def console_routes(kit: Kit) -> list[BaseRoute]:
    """Every page."""
    return [
        *sign_in.routes(kit),
        *link.routes(kit),
        *preferences.routes(kit),
        *account.routes(kit),
        *overview.routes(kit),
        *deliveries.routes(kit),
        *callback_form.routes(kit),
        *callbacks.routes(kit),
        *callback_test.routes(kit),
        *callback_binding.routes(kit),
        *domains.routes(kit),
        *domain_settings.routes(kit),
        *push_urls.routes(kit),
        *media_templates.routes(kit),
        *records.routes(kit),
        *replays.routes(kit),
        *stream_orders.routes(kit),
        *streams.routes(kit),
        *pushes.routes(kit),
        *destinations.routes(kit),
        *sources.routes(kit),
        *keys.routes(kit),
        *users.routes(kit),
        *password.routes(kit),
        *audit.routes(kit),
        *retention.routes(kit),
        Mount("/static", kit.pages.assets),
    ]


class ErrorPages:
    """Errors as pages, in the reader's language."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = self._page(request, error.status_code, error.detail)
        response.headers.update(error.headers or {})
        return response

    async def unavailable(self, request: Request, _: Exception) -> Response:
        response = self._page(request, HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = "5"
        return response

    async def fault(self, request: Request, _: Exception) -> Response:
        return self._page(request, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _page(self, request: Request, status: int, detail: str = "") -> Response:
        """``detail`` tells apart what has the same status: constants of ``session``."""
        return self._pages.html(request, "error.html", status, status=int(status), detail=detail)
