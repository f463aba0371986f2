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

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from airhook.web import events
from airhook.web.faults import Faults, Refusals, error, internal_error
from airhook.web.health import Ready, health_routes
from airhook.web.limits import BodyLimit
from airhook.web.paths import API_PATHS, HOOKS, told

MAX_BODY_BYTES = 10 * 1024 * 1024  # the console and /v1 allow themselves less

_BELOW_HOOKS = f"{HOOKS}/"


def create_app(
    *,
    faces: ASGIApp,
    events_api: ASGIApp,
    ready: Ready,
    metrics: Route | None = None,
    media: Route | None = None,
    hooks_door: ASGIApp | None = None,
    trusted_proxies: Sequence[str] = (),
) -> ASGIApp:
    """Build the application of the port. ``faces`` (``web.faces``) are asked for what nobody else here answers.

    ``X-Forwarded-For`` and ``X-Forwarded-Proto`` count only from ``trusted_proxies`` (addresses and networks), so the
    server in front must not read them itself.
    """
    routes = [
        *health_routes(ready),
        *([metrics] if metrics else []),
        *([media] if media else []),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(BodyLimit, max_bytes=MAX_BODY_BYTES, unlimited=API_PATHS)],
        exception_handlers={HTTPException: http_error, Exception: _internal_error},
    )
    app.router.default = faces
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
