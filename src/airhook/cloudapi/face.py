"""The HTTP face: which requests are the cloud API's, and the form of every answer (contract 4.7; design 4)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from airhook.cloudapi.dispatch import dispatch
from airhook.cloudapi.recognise import RawRequest, body_limit
from airhook.control.base import Desk

PATHS = frozenset({"/", "/api"})


class CloudApi:
    """Answers the requests that are its own. Every answer is HTTP 200; errors are in its body."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def is_mine(self, request: Request) -> bool:
        """A POST on ``/`` or ``/api``, or a GET there that names an action or carries a signature."""
        if request.scope["path"] not in PATHS:
            return False
        if request.method == "POST":
            return True
        headers = request.headers
        return request.method == "GET" and (
            "x-tc-action" in headers
            or headers.get("authorization", "").startswith("TC3")
            or "Action" in request.query_params
        )

    async def handle(self, request: Request) -> Response:
        answer = await dispatch(self._desk, await _read(request))
        # The SDKs see an error only behind exactly this content type, without a charset.
        return Response(
            msgspec.json.encode({"Response": answer}), headers={"content-type": "application/json"}
        )


async def _read(request: Request) -> RawRequest:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers.setdefault(name, value)
    # A GET says everything in its query; a body it may have is neither signed nor read.
    body = b"" if request.method == "GET" else await _read_body(request, body_limit(headers))
    return RawRequest(method=request.method, query=request.scope["query_string"], headers=headers, body=body)


async def _read_body(request: Request, limit: int) -> bytes:
    """The body; of one that is too large so much that it shows."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            break
    return bytes(body)
