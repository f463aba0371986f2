"""How large a request's body may be: judged by its announced length before reading, and counted while reading."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from airhook.web.at_once import header
from airhook.web.faults import error

# The rest of such a body is not worth reading.
CLOSE = {"Connection": "close"}


class BodyLimit:
    """Refuses larger bodies with 413, but on paths that are ``unlimited``."""

    def __init__(self, app: ASGIApp, max_bytes: int, unlimited: Collection[str] = ()) -> None:
        self._app = app
        self._unlimited = unlimited
        self._max_bytes = max_bytes
        self._message = f"the body is larger than {max_bytes} bytes"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._unlimited:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            await error(413, "content_too_large", self._message, CLOSE)(scope, receive, send)
            return
        read = 0

        async def counted_receive() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise HTTPException(413, self._message, CLOSE)
            return message

        await self._app(scope, counted_receive, send)


async def read_body(scope: Scope, receive: Receive, too_large: HTTPException, most: int) -> bytes:
    """The whole body. Raises ``too_large`` for one of more than ``most`` bytes, and ``ClientDisconnect``."""
    if int(header(scope["headers"], b"content-length") or b"0") > most:
        raise too_large
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > most:
            raise too_large
        more = message.get("more_body", False)
    return body
