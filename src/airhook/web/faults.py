"""Errors on the port in their one shape, and faults of ours: the caller hears little, the log gets the rest."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from airhook.web.paths import told

log = logging.getLogger("airhook.web")


class Faults:
    """The outermost layer: logs what nobody caught, and only then is it over.

    The layer inside has answered it already: the console with a page, everything else by ``internal_error``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            log.debug("%s %s: the caller left before its request was complete", scope["method"], told(scope))
        except asyncio.CancelledError:
            # The server stops and has closed the connection already: nobody is there to hear of it.
            log.warning("%s %s was not over when the server stopped", scope["method"], told(scope))
        except Exception:
            log.exception("%s %s failed", scope.get("method", scope["type"]), told(scope))


class Refusals:
    """What Starlette does around its routes, for an application that answers whole and is called without routing."""

    def __init__(
        self, app: ASGIApp, refused: Callable[[Request, HTTPException], Awaitable[Response]]
    ) -> None:
        self._app = app
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except HTTPException as fault:
            answer = await self._refused(Request(scope), fault)
            await answer(scope, receive, send)
        except ClientDisconnect:
            raise
        except Exception:
            await internal_error()(scope, receive, send)
            raise


def internal_error() -> Response:
    return error(500, "internal_server_error", "something failed here; the server's log says more")


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error: ``{"error": {"code", "message"}}``."""
    return JSONResponse(
        {"error": {"code": code, "message": message}},
        status,
        {"X-Content-Type-Options": "nosniff", **(headers or {})},
    )
