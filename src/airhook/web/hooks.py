"""``/hooks/<source-id>/<token>[/<event>]``: where media servers tell of pushes.

The token is part of the path, so no message and no log shows it (``web.paths``). Nothing tells an unknown
source from a wrong token or an address that may not call.
"""

import logging
from collections.abc import Mapping
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from airhook.core.errors import AirhookError, UnavailableError
from airhook.core.sources import Source
from airhook.sources.reports import HookAnswer, HookRequest, MalformedHookError
from airhook.web.at_once import send_whole
from airhook.web.faults import error
from airhook.web.limits import CLOSE
from airhook.web.paths import HOOKS

MAX_BODY_BYTES = 64 * 1024
RETRY_AFTER_S = 1

log = logging.getLogger("airhook.web")


class HookHandler(Protocol):
    """Who understands hooks (``control.hooks``)."""

    async def handle(self, source: Source, remote: str, request: HookRequest) -> HookAnswer: ...


class Sources(Protocol):
    """Who knows the sources by their ids: the configuration in memory."""

    def __call__(self) -> Mapping[str, Source]: ...


class HooksDoor:
    """The application below ``/hooks``."""

    def __init__(self, sources: Sources, handler: HookHandler) -> None:
        self._sources = sources
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await send_whole(scope, send, response.status_code, _headers(response), bytes(response.body))

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "POST"):
            raise HTTPException(405, headers={"Allow": "GET, POST"})
        remote = request.client.host if request.client else ""
        source, event = self._source(request, remote)
        hook = HookRequest(
            method=request.method,
            event=event,
            query=request.scope["query_string"].decode("latin-1"),
            body=await _body(request),
            content_type=request.headers.get("content-type", ""),
        )
        return await self._handle(source, remote, hook)

    async def _handle(self, source: Source, remote: str, hook: HookRequest) -> Response:
        try:
            answer = await self._handler.handle(source, remote, hook)
        except MalformedHookError as fault:
            log.warning(
                "source %s (%s) sent what %s does not send: %s", source.name, remote, source.kind, fault
            )
            return error(400, "malformed_hook", str(fault))
        except UnavailableError as fault:
            log.warning("a hook of source %s cannot be kept: %s", source.name, fault)
            return error(503, "unavailable", fault.message, {"Retry-After": str(RETRY_AFTER_S)})
        except AirhookError as fault:
            return error(400, "refused", fault.message)
        return Response(answer.body, answer.status, media_type=answer.content_type)

    def _source(self, request: Request, remote: str) -> tuple[Source, str]:
        """Whose hook it is, and what its path has after the token."""
        source_id, _, rest = str(request.scope["path"]).removeprefix(f"{HOOKS}/").partition("/")
        token, _, event = rest.partition("/")
        source = self._sources().get(source_id)
        if source is None or not source.knows(token):
            raise HTTPException(404)
        if not source.lets_in(remote):
            log.warning("source %s: a hook from %s, which is none of its networks", source.name, remote)
            raise HTTPException(404)
        return source, event


def _headers(response: Response) -> list[tuple[bytes, bytes]]:
    return [header for header in response.raw_headers if header[0] != b"content-length"]


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"the body is larger than {MAX_BODY_BYTES} bytes", CLOSE)
    return body
