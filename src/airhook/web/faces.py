"""What people and programs call: the cloud API, the console, ``/v1`` but for events.

They are more than half of all code, and nobody's push or callback waits for them; so ``runtime`` imports this module, and
what it needs, beside its work.
"""

from collections.abc import Sequence
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from airhook.web import openapi
from airhook.web.paths import API_PATHS

CONSOLE = "/console"


class CloudApi(Protocol):
    """The cloud API, as the port sees it."""

    def is_mine(self, request: Request) -> bool:
        """Whether a request on ``/`` or ``/api`` is a call of the cloud API. Reads no body."""
        ...

    async def handle(self, request: Request) -> Response:
        """Answer a call, errors included."""
        ...


def create_faces(*, cloud_api: CloudApi, console: ASGIApp, v1: Sequence[Route] = ()) -> ASGIApp:
    """Build what ``create_app`` asks; errors are the port's to answer."""
    front = Front(cloud_api)
    routes = [
        *(Route(path, front) for path in API_PATHS),
        Route(CONSOLE, to_console),
        Mount(CONSOLE, console),
        *v1,
        Route(openapi.PATH, openapi.openapi),
    ]
    return Router(routes, redirect_slashes=False)


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
