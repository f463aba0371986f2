"""``/hooks/<source-id>/<token>[/<event>]``: where media servers tell of pushes.

The token is part of the path, so no message and no log shows it (``web.paths``). Nothing tells an unknown
source from a wrong token or an address that may not call.
"""

import functools
import logging
from collections.abc import Mapping
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from airhook.core.errors import AirhookError, UnavailableError
from airhook.core.sources import Source
from airhook.sources.reports import HookAnswer, HookRequest, MalformedHookError
from airhook.web.at_once import Headers, header, send_whole
from airhook.web.faults import error
from airhook.web.limits import CLOSE, read_body
from airhook.web.paths import HOOKS

MAX_BODY_BYTES = 64 * 1024
RETRY_AFTER_S = 1

Whole = tuple[int, Headers, bytes]
"""An answer: status, headers and body."""

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
        if scope["method"] not in ("GET", "POST"):
            raise HTTPException(405, headers={"Allow": "GET, POST"})
        remote = scope["client"][0] if scope.get("client") else ""
        source, event = self._source(scope["path"], remote)
        hook = HookRequest(
            method=scope["method"],
            event=event,
            query=scope["query_string"].decode("latin-1"),
            body=await read_body(scope, receive, _too_large(), MAX_BODY_BYTES),
            content_type=header(scope["headers"], b"content-type").decode("latin-1"),
        )
        status, headers, body = await self._handle(source, remote, hook)
        await send_whole(scope, send, status, headers, body)

    async def _handle(self, source: Source, remote: str, hook: HookRequest) -> Whole:
        try:
            answer = await self._handler.handle(source, remote, hook)
        except MalformedHookError as fault:
            log.warning(
                "source %s (%s) sent what %s does not send: %s", source.name, remote, source.kind, fault
            )
            return _whole(error(400, "malformed_hook", str(fault)))
        except UnavailableError as fault:
            log.warning("a hook of source %s cannot be kept: %s", source.name, fault)
            return _whole(error(503, "unavailable", fault.message, {"Retry-After": str(RETRY_AFTER_S)}))
        except AirhookError as fault:
            return _whole(error(400, "refused", fault.message))
        return answer.status, _headers(answer.content_type), answer.body

    def _source(self, path: str, remote: str) -> tuple[Source, str]:
        """Whose hook it is, and what its path has after the token."""
        source_id, _, rest = path.removeprefix(f"{HOOKS}/").partition("/")
        token, _, event = rest.partition("/")
        source = self._sources().get(source_id)
        if source is None or not source.knows(token):
            raise HTTPException(404)
        if not source.lets_in(remote):
            log.warning("source %s: a hook from %s, which is none of its networks", source.name, remote)
            raise HTTPException(404)
        return source, event


def _too_large() -> HTTPException:
    return HTTPException(413, f"the body is larger than {MAX_BODY_BYTES} bytes", CLOSE)


def _whole(response: Response) -> Whole:
    return response.status_code, _without_length(response), bytes(response.body)


def _without_length(response: Response) -> Headers:
    return [header for header in response.raw_headers if header[0] != b"content-length"]


@functools.cache
def _headers(content_type: str) -> Headers:
    """An adapter has one or two of them."""
    return _without_length(Response(media_type=content_type))
