"""``/healthz``: the process answers. ``/readyz``: it can do its work, so that traffic may come."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

READY_WITHIN_S = 2.0  # a database that hangs is not ready either

Ready = Callable[[], Awaitable[list[str]]]
"""Gives what the node waits for, each as a short phrase ("store: cannot commit"); nothing when it is ready."""

log = logging.getLogger("airhook.web")
_NO_STORE = {"Cache-Control": "no-store"}


def health_routes(ready: Ready) -> list[Route]:
    async def readyz(_: Request) -> Response:
        waiting = await _waiting_for(ready)
        if waiting:
            return JSONResponse({"status": "not ready", "waiting_for": waiting}, 503, _NO_STORE)
        return JSONResponse({"status": "ready"}, headers=_NO_STORE)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def healthz(_: Request) -> Response:
    return JSONResponse({"status": "alive"}, headers=_NO_STORE)


async def _waiting_for(ready: Ready) -> list[str]:
    try:
        return await asyncio.wait_for(ready(), READY_WITHIN_S)
    except TimeoutError:
        return [f"checks: no answer within {READY_WITHIN_S:g} s"]
    except Exception:
        log.exception("the readiness checks failed")
        return ["checks: failed; see the server's log"]
