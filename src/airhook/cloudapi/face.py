"""The HTTP face: which requests are the cloud API's, and the form of every answer (contract 4.7; design 4)."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from airhook.cloudapi.authenticate import Access, known_key
from airhook.cloudapi.bodies import Bodies
from airhook.cloudapi.dispatch import dispatch, refusal
from airhook.cloudapi.errors import ApiError
from airhook.cloudapi.keys import Keys
from airhook.cloudapi.rates import Rates
from airhook.cloudapi.recognise import RawRequest, body_limit, recognise, signed_outside
from airhook.control.base import Desk

PATHS = frozenset({"/", "/api"})


class CloudApi:
    """Answers the requests that are its own. Every answer is HTTP 200; errors are in its body."""

    def __init__(self, desk: Desk, rates: Rates, bodies: Bodies | None = None) -> None:
        self._desk = desk
        self._access = Access(Keys(desk.store, desk.clock), rates)
        self._bodies = bodies or Bodies()

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
        head = _head(request)
        if request.method == "GET":  # it says everything in its query; a body is neither signed nor read
            return _response(await dispatch(self._desk, self._access, head))

        async def judge() -> None:
            if signed_outside(head):
                await known_key(self._access.keys, recognise(head))

        with self._bodies.reader(body_limit(head.headers), judge) as reader:
            try:
                body = await reader.read(request.stream(), request.headers.get("content-length", ""))
            except ApiError as error:
                return _response(refusal(error, head))
            whole = msgspec.structs.replace(head, body=body)
            return _response(await dispatch(self._desk, self._access, whole))


def _response(answer: dict[str, Any]) -> Response:
    # The SDKs see an error only behind exactly this content type, without a charset.
    return Response(msgspec.json.encode({"Response": answer}), headers={"content-type": "application/json"})


def _head(request: Request) -> RawRequest:
    """The request without its body."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers.setdefault(name, value)
    return RawRequest(
        method=request.method,
        query=request.scope["query_string"],
        headers=headers,
        body=b"",
        address=request.client.host if request.client else "",
    )
