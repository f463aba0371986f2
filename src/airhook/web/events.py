"""``POST /v1/events``: one event, or a list of up to 100, from whoever has a bearer key (design D15).

An answer of 200 comes after the commit. A single event that is refused has the status of its error; in a list each
event has a result of its own, and the status is 200.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from airhook.control.bearer import KeyRing
from airhook.control.complaints import MALFORMED, complaint
from airhook.control.events import MAX_BATCH, Accepted, Events, Refused, Result, Submission
from airhook.core.accounts import BearerKey
from airhook.core.errors import InvalidError, UnavailableError
from airhook.observe.seldom import Seldom
from airhook.web.at_once import Headers, Reply, header, send_whole
from airhook.web.faults import internal_error
from airhook.web.limits import CLOSE, read_body
from airhook.web.v1.calls import CallLimit
from airhook.web.v1.operations import STATUSES, bearer_of, error_of, key_of

PATH = "/v1/events"
MAX_BODY_BYTES = 1024 * 1024
RETRY_AFTER_S = 1

Answer = tuple[int, Headers, bytes]
"""Status, headers and body."""

log = logging.getLogger("airhook.web")
told = Seldom(log)

_HEADERS = [(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")]
_encode = msgspec.json.Encoder().encode
_read_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class EventsApi:
    """An application of its own, without routing and request objects: it takes thousands of calls a second.

    Of the server it takes small ones ``AtOnce``, without a task.
    """

    def __init__(self, events: Events, keys: KeyRing, limit: CallLimit | None = None) -> None:
        self._events = events
        self._keys = keys
        self._limit = limit
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            raise HTTPException(405, headers={"Allow": "POST"})
        try:
            key = await key_of(self._keys, _authorization(scope["headers"]), self._limit)
            call = self._call(key, await read_body(scope, receive, _too_large(), MAX_BODY_BYTES))
            if call.submission is not None and call.submission.committing is not None:
                await asyncio.wait({call.submission.committing})
            status, headers, body = await self._answer(call)
        except UnavailableError as fault:
            status, headers, body = _unavailable(fault)
        await send_whole(scope, send, status, headers, body)

    # --- at once ---

    def take(self, headers: Headers, body: bytes, reply: Reply) -> bool:
        """Fulfils ``web.at_once.AtOnce``. A key that must be looked up, or calls too often, is worth a task."""
        key = self._keys.known(bearer_of(_authorization(headers)))
        if key is None or (self._limit is not None and not self._limit.allows(key)):
            return False
        try:
            call = self._call(key, body)
        except UnavailableError as fault:
            reply(*_unavailable(fault))
            return True
        if call.submission is None or call.submission.committing is None:
            reply(*_shown(call))
        else:
            call.submission.committing.add_done_callback(partial(self._committed, call, reply))
        return True

    def _committed(self, call: "_Call", reply: Reply, committing: "asyncio.Future[Any]") -> None:
        if not committing.cancelled() and committing.exception() is None:
            reply(*_shown(call))
            return
        task = asyncio.ensure_future(self._reply_late(call, reply))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _reply_late(self, call: "_Call", reply: Reply) -> None:
        """What could not be committed together may be tried one by one."""
        try:
            answer = await self._answer(call)
        except UnavailableError as fault:
            answer = _unavailable(fault)
        except Exception:
            log.exception("POST %s failed", PATH)
            answer = _internal()
        reply(*answer)

    # --- both ---

    def _call(self, key: BearerKey, body: bytes) -> "_Call":
        if body.lstrip()[:1] != b"[":
            return _Call(one=True, submission=self._events.submit(key.account_id, [body]))
        try:
            sent = _list(body)
        except InvalidError as fault:
            return _Call(one=False, fault=fault)
        return _Call(one=False, submission=self._events.submit(key.account_id, sent))

    async def _answer(self, call: "_Call") -> Answer:
        if call.submission is None:
            return _shown(call)
        return _told(call, await self._events.results(call.submission))


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request: an event or a list of them, handed in, or what is wrong with the list."""

    one: bool
    submission: Submission | None = None
    fault: InvalidError | None = None


def _shown(call: _Call) -> Answer:
    """The answer to a call that needs no more waiting. Raises what the commit has raised."""
    if call.submission is None:
        assert call.fault is not None
        return 400, _HEADERS, _encode({"error": error_of(call.fault)})
    return _told(call, call.submission.results())


def _told(call: _Call, results: Sequence[Result]) -> Answer:
    if call.one:
        [result] = results
        return _status(result), _HEADERS, _encode(_result(result))
    return 200, _HEADERS, _encode({"results": [_result(result) for result in results]})


def _unavailable(fault: UnavailableError) -> Answer:
    told.warning(f"{PATH}: {fault}")
    headers = [*_HEADERS, (b"retry-after", b"%d" % RETRY_AFTER_S)]
    return 503, headers, _encode({"error": error_of(fault)})


def _internal() -> Answer:
    answer = internal_error()
    return answer.status_code, _HEADERS, bytes(answer.body)


def _authorization(headers: Headers) -> str:
    return header(headers, b"authorization").decode("latin-1")


def _list(body: bytes) -> Sequence[msgspec.Raw]:
    try:
        sent = _read_list(body)
    except MALFORMED as fault:
        raise complaint(fault, list[msgspec.Raw]) from None
    if not 0 < len(sent) <= MAX_BATCH:
        raise InvalidError("body", f"holds {len(sent)} events; send 1 to {MAX_BATCH} at once", rule="size")
    return sent


def _too_large() -> HTTPException:
    return HTTPException(
        413, f"the body is larger than {MAX_BODY_BYTES} bytes; send fewer events at once", CLOSE
    )


def _status(result: Result) -> int:
    return 200 if isinstance(result, Accepted) else STATUSES[type(result.error)][0]


def _result(result: Result) -> object:
    return {"id": result.id, "error": error_of(result.error)} if isinstance(result, Refused) else result
