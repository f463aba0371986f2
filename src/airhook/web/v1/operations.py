"""What an operation of ``/v1`` is, and how a request becomes a call of one."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from airhook.control.base import Desk
from airhook.control.bearer import KeyRing
from airhook.control.complaints import MALFORMED, complaint, whole_number
from airhook.core.accounts import BearerKey
from airhook.core.audit import Actor, Face
from airhook.core.errors import (
    AirhookError,
    AlreadyExistsError,
    ConflictError,
    InUseError,
    InvalidError,
    LimitError,
    NotFoundError,
    StandingError,
    UnavailableError,
)
from airhook.core.search import NEWEST
from airhook.observe.seldom import Seldom
from airhook.web.limits import CLOSE
from airhook.web.v1.calls import CallLimit

MAX_BODY_BYTES = 1024 * 1024
RETRY_AFTER_S = 1

STATUSES: dict[type[AirhookError], tuple[int, str]] = {
    InvalidError: (400, "invalid"),
    StandingError: (409, "conflict"),
    NotFoundError: (404, "not_found"),
    AlreadyExistsError: (409, "conflict"),
    ConflictError: (409, "conflict"),
    InUseError: (409, "in_use"),
    LimitError: (409, "limit"),
    UnavailableError: (503, "unavailable"),
}
"""The status and ``error.code`` of each error that a caller can do something about."""

told = Seldom(logging.getLogger("airhook.web"))

_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_encode = msgspec.json.Encoder().encode


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request of somebody whose key is good."""

    desk: Desk
    account_id: int
    path: Mapping[str, str]  # what stood in the path's places
    query: Mapping[str, str]
    body: bytes

    def read(self, schema: type[Any]) -> Any:
        """The body as ``schema``. Raises ``InvalidError`` naming the field and what would be right."""
        try:
            return msgspec.json.decode(self.body or b"{}", type=schema)
        except MALFORMED as error:
            raise complaint(error, schema) from None

    def cursor(self) -> int:
        """The id below which the page begins. Raises ``InvalidError``."""
        text = self.query.get("cursor")
        return NEWEST if text is None else whole_number("cursor", text)

    def number(self, name: str) -> int:
        """An id in the path. Raises ``NotFoundError`` for what can be none."""
        text = self.path[name]
        if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63):
            raise NotFoundError(name.replace("_", " "), text)
        return int(text)


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter. ``schema`` is JSON Schema."""

    name: str
    text: str
    schema: Mapping[str, Any]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` is the ``operationId``. ``body`` and ``answer`` are the types of what is sent as JSON.

    The function returns an ``answer``, or a ``Response`` of its own.
    """

    method: str
    path: str
    name: str
    summary: str
    act: Callable[[Call], Awaitable[object]]
    parameters: Sequence[Parameter] = ()
    body: Any = None
    answer: Any = None
    media_types: Sequence[str] = ("application/json",)
    status: int = 200
    refusals: Sequence[int] = ()  # beside 401, 429 and 503: its error statuses


def routes(
    operations: Sequence[Operation], desk: Desk, keys: KeyRing, limit: CallLimit | None = None
) -> list[Route]:
    """One route for each path."""
    of_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        of_path.setdefault(operation.path, {})[operation.method] = operation
    return [
        Route(path, Endpoint(mine, desk, keys, limit), methods=None)
        for path, mine in sorted(of_path.items(), key=lambda item: item[0].count("{"))
    ]


class Endpoint:
    """What is at one path."""

    def __init__(
        self, operations: Mapping[str, Operation], desk: Desk, keys: KeyRing, limit: CallLimit | None
    ) -> None:
        self._operations = operations
        self._desk = desk
        self._keys = keys
        self._limit = limit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        operation = self._operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self._operations))})
        try:
            key = await key_of(self._keys, request.headers.get("authorization", ""), self._limit)
            address = request.client.host if request.client else ""
            call = Call(
                desk=self._desk.acting(Actor(face=Face.V1, name=key.name, address=address)),
                account_id=key.account_id,
                path=request.path_params,
                query=_query(request, operation),
                body=await _body(request),
            )
            answer = _response(operation, await operation.act(call))
            return _head_of(answer) if request.method == "HEAD" else answer
        except AirhookError as fault:
            return _refusal(request, fault)


async def key_of(keys: KeyRing, authorization: str, limit: CallLimit | None = None) -> BearerKey:
    """The key of a request. Raises ``HTTPException`` (401; 429 beyond ``limit``), ``UnavailableError``."""
    key = await keys.key_of(bearer_of(authorization))
    if key is None:
        raise HTTPException(
            401,
            "give a valid key of /v1: Authorization: Bearer ahk_...",
            {"WWW-Authenticate": 'Bearer realm="airhook"', **CLOSE},
        )
    if limit is not None:
        limit.count(key)
    return key


def bearer_of(authorization: str) -> str:
    """The token in a header; "" for what has none."""
    kind, _, token = authorization.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def error_of(fault: AirhookError) -> dict[str, Any]:
    """An error as ``error`` has it."""
    said = {"code": STATUSES[type(fault)][1], "message": fault.message}
    return {**said, "field": fault.field} if type(fault) is InvalidError else said


def _query(request: Request, operation: Operation) -> dict[str, str]:
    known = [one.name for one in operation.parameters]
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            hint = f"known are {', '.join(known)}" if known else "there are none here"
            raise InvalidError(name, f"is no query parameter; {hint}", rule="unknown")
        if name in given:
            raise InvalidError(name, "is given more than once", rule="repeated")
        given[name] = value
    return given


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"the body is larger than {MAX_BODY_BYTES} bytes", CLOSE)
    return bytes(body)


def _response(operation: Operation, answer: object) -> Response:
    if isinstance(answer, Response):
        answer.headers.update(_HEADERS)
        return answer
    if operation.answer is None:
        return Response(status_code=204, headers=_HEADERS)
    return Response(_encode(answer), operation.status, _HEADERS, "application/json")


def _head_of(answer: Response) -> Response:
    """The same without what would be read for nobody."""
    if not isinstance(answer, StreamingResponse):
        return answer
    head = Response(status_code=answer.status_code, headers=dict(answer.headers))
    del head.headers["content-length"]
    return head


def _refusal(request: Request, fault: AirhookError) -> Response:
    if type(fault) not in STATUSES:
        raise fault
    status = STATUSES[type(fault)][0]
    headers = dict(_HEADERS)
    if status == 503:
        told.warning(f"{request.scope['path']}: {fault}")
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Response(_encode({"error": error_of(fault)}), status, headers, "application/json")
