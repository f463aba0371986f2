"""``POST /v1/events``: one event, or a list of up to 100, from whoever has a bearer key (design D15).

An answer of 200 comes after the commit. A single event that is refused has the status of its error; in a list each
event has a result of its own, and the status is 200.
"""

import logging
from collections.abc import Sequence

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from airhook.control.bearer import KeyRing
from airhook.control.complaints import MALFORMED, complaint
from airhook.control.events import MAX_BATCH, Accepted, Events, Refused, Result
from airhook.core.errors import InvalidError, UnavailableError
from airhook.observe.seldom import Seldom
from airhook.web.faults import error
from airhook.web.limits import CLOSE
from airhook.web.v1.operations import STATUSES, account_of, error_of

PATH = "/v1/events"
MAX_BODY_BYTES = 1024 * 1024
RETRY_AFTER_S = 1

told = Seldom(logging.getLogger("airhook.web"))

_HEADERS = [(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")]
_encode = msgspec.json.Encoder().encode
_read_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class EventsApi:
    """An application of its own, without routing and request objects: it takes thousands of calls a second."""

    def __init__(self, events: Events, keys: KeyRing) -> None:
        self._events = events
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            raise HTTPException(405, headers={"Allow": "POST"})
        try:
            account_id = await self._account(scope)
            body = await _read(scope, receive)
            status, answer = await self._answer(account_id, body)
        except UnavailableError as fault:
            told.warning(f"{PATH}: {fault}")
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            await error(503, "unavailable", fault.message, headers)(scope, receive, send)
            return
        await _send(send, status, answer)

    async def _account(self, scope: Scope) -> int:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return await account_of(self._keys, given.decode("latin-1"))

    async def _answer(self, account_id: int, body: bytes) -> tuple[int, object]:
        if body.lstrip()[:1] != b"[":
            [result] = await self._events.accept(account_id, [body])
            return _status(result), _shown(result)
        try:
            sent = _list(body)
        except InvalidError as fault:
            return 400, {"error": error_of(fault)}
        results = await self._events.accept(account_id, sent)
        return 200, {"results": [_shown(result) for result in results]}


def _list(body: bytes) -> Sequence[msgspec.Raw]:
    try:
        sent = _read_list(body)
    except MALFORMED as fault:
        raise complaint(fault, list[msgspec.Raw]) from None
    if not 0 < len(sent) <= MAX_BATCH:
        raise InvalidError("body", f"holds {len(sent)} events; send 1 to {MAX_BATCH} at once", rule="size")
    return sent


async def _read(scope: Scope, receive: Receive) -> bytes:
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if int(announced) > MAX_BODY_BYTES:
        raise _too_large()
    message: Message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
    return body


def _too_large() -> HTTPException:
    return HTTPException(
        413, f"the body is larger than {MAX_BODY_BYTES} bytes; send fewer events at once", CLOSE
    )


def _status(result: Result) -> int:
    return 200 if isinstance(result, Accepted) else STATUSES[type(result.error)][0]


def _shown(result: Result) -> object:
    return {"id": result.id, "error": error_of(result.error)} if isinstance(result, Refused) else result


async def _send(send: Send, status: int, answer: object) -> None:
    body = _encode(answer)
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, length]})
    await send({"type": "http.response.body", "body": body})
