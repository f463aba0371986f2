"""One port for everything over HTTP: who answers what (design 4).

::

    POST / and /api, and what else the cloud API calls its own there   the cloud API
    GET /                                                              a browser: off to the console
    /console/...                                                       the console
    POST /v1/events                                                    events that callers report
    /v1/...                                                            deliveries and what else CSS has not
    GET /v1/openapi.json                                               what /v1 takes and answers
    GET and POST /hooks/...                                            media servers, by a token in the path
    /healthz, /readyz                                                  supervisors and load balancers
    GET /metrics                                                       Prometheus
    GET /media/...                                                     recordings and pictures, by signed links
    anything else                                                      404
"""

from collections.abc import Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from airhook.web import events, openapi
from airhook.web.faults import Faults, Refusals, error, internal_error
from airhook.web.health import Ready, health_routes
from airhook.web.limits import BodyLimit
from airhook.web.paths import HOOKS, told

MAX_BODY_BYTES = 10 * 1024 * 1024  # the console and /v1 allow themselves less

CONSOLE = "/console"
_BELOW_HOOKS = f"{HOOKS}/"

API_PATHS = ("/", "/api")
"""The cloud API bounds what it reads itself: a body that is too large has an answer that its clients know."""


class CloudApi(Protocol):
    """The cloud API, as the port sees it."""

    def is_mine(self, request: Request) -> bool:
        """Whether a request on ``/`` or ``/api`` is a call of the cloud API. Reads no body."""
        ...

    async def handle(self, request: Request) -> Response:
        """Answer a call, errors included."""
        ...


def create_app(
    *,
    cloud_api: CloudApi,
    console: ASGIApp,
    events_api: ASGIApp,
    ready: Ready,
    v1: Sequence[Route] = (),
    metrics: Route | None = None,
    media: Route | None = None,
    hooks_door: ASGIApp | None = None,
    trusted_proxies: Sequence[str] = (),
) -> ASGIApp:
    """Build the application of the port.

    ``X-Forwarded-For`` and ``X-Forwarded-Proto`` count only from ``trusted_proxies`` (addresses and networks), so the
    server in front must not read them itself.
    """
    front = Front(cloud_api)
    routes = [
        *(Route(path, front) for path in API_PATHS),
        Route(CONSOLE, to_console),
        Mount(CONSOLE, console),
        *v1,
        Route(openapi.PATH, openapi.openapi),
        *health_routes(ready),
        *([metrics] if metrics else []),
        *([media] if media else []),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(BodyLimit, max_bytes=MAX_BODY_BYTES, unlimited=API_PATHS)],
        exception_handlers={HTTPException: http_error, Exception: _internal_error},
    )
    # A redirect that adds a slash would be made from the Host header, which some clients get wrong.
    app.router.redirect_slashes = False
    port = Faults(Port(app, events_api, hooks_door))
    return ProxyHeadersMiddleware(port, list(trusted_proxies)) if trusted_proxies else port  # type: ignore[arg-type, return-value]


class Port:
    """What is called most needs no routing, and is not wrapped by what only others need."""

    def __init__(self, others: ASGIApp, events_api: ASGIApp, hooks_door: ASGIApp | None) -> None:
        self._others = others
        self._events = Refusals(events_api, http_error)
        self._hooks = Refusals(hooks_door, http_error) if hooks_door else others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path == events.PATH:
            await self._events(scope, receive, send)
        elif path.startswith(_BELOW_HOOKS):
            await self._hooks(scope, receive, send)
        else:
            await self._others(scope, receive, send)


class Front:
    """``/`` and ``/api``: calls of the cloud API, and browsers that only know the address."""

    def __init__(self, cloud_api: CloudApi) -> None:
        self._cloud_api = cloud_api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if self._cloud_api.is_mine(request):
            return await self._cloud_api.handle(request)
        if request.scope["path"] == "/" and request.method in ("GET", "HEAD"):
            return await to_console(request)
        if request.method not in ("GET", "HEAD", "POST"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD, POST"})
        raise HTTPException(404)


async def to_console(_: Request) -> Response:
    return RedirectResponse(f"{CONSOLE}/", 303)


async def _internal_error(_: Request, __: Exception) -> Response:
    return internal_error()


async def http_error(request: Request, fault: Exception) -> Response:
    """What routing and limits refuse, as JSON."""
    assert isinstance(fault, HTTPException)
    status = fault.status_code
    code, message = {
        404: ("not_found", f"there is nothing at {told(request.scope)}"),
        401: ("unauthorized", fault.detail),
        405: ("method_not_allowed", f"{request.method} is not possible here"),
        413: ("content_too_large", fault.detail),
        429: ("too_many_requests", fault.detail),
    }.get(status, ("refused", fault.detail))
    return error(status, code, message, fault.headers)
