"""``GET /metrics``: to this machine itself, and to whoever bears the token (design 4)."""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.web.faults import error

PATH = "/metrics"

Scrape = Callable[[str], Awaitable[tuple[bytes, str]]]
"""From an ``Accept`` header to the page and its content type."""

_FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded")


def metrics_route(scrape: Scrape, token: str) -> Route:
    """An empty ``token`` lets only this machine in."""

    async def metrics(request: Request) -> Response:
        refusal = _refused(request, token)
        if refusal is not None:
            return refusal
        page, content_type = await scrape(request.headers.get("accept", ""))
        return Response(page, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    return Route(PATH, metrics, methods=["GET"])


def _refused(request: Request, token: str) -> Response | None:
    if _is_local(request):
        return None
    if not token:
        return error(
            403, "forbidden", "metrics are shown to this machine only; set metrics.token to let others in"
        )
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        return error(
            401, "unauthorized", "the bearer token is not metrics.token", {"WWW-Authenticate": "Bearer"}
        )
    return None


def _is_local(request: Request) -> bool:
    """A proxy on this machine that is not among ``http.trusted_proxies`` speaks for others, and says so."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
