"""The chain that every request passes: recognise, authenticate, route, read, perform (contract 4.6)."""

import logging
import uuid
from typing import Any

import msgspec

from airhook.cloudapi import actions, parameters, recognise
from airhook.cloudapi.authenticate import Access, authenticate
from airhook.cloudapi.errors import ApiError, InternalError, UnsupportedOperation
from airhook.cloudapi.failures import translate
from airhook.cloudapi.recognise import RawRequest
from airhook.cloudapi.registry import Action, Call, Fields
from airhook.cloudapi.unsupported import why
from airhook.control.base import Desk
from airhook.core.audit import Actor, Face
from airhook.core.errors import AirhookError

_log = logging.getLogger(__name__)


async def dispatch(desk: Desk, access: Access, raw: RawRequest) -> dict[str, Any]:
    """Answer a request with the content of ``Response``; errors are answers too."""
    request_id = str(uuid.uuid4())
    language = ""
    try:
        request = recognise.recognise(raw)
        language = request.language
        key = await authenticate(desk, access, raw, request)
        action = _route(request.action)
        wanted = parameters.read(action.parameters, recognise.parameters(raw, request))
        actor = Actor(face=Face.API, name=key.secret_id, address=raw.address)
        found = await _perform(action, Call(desk.acting(actor), key.account_id), wanted)
    except ApiError as error:
        return _failure(error, language, request_id)
    except Exception:
        _log.exception("The cloud API failed to answer request %s", request_id)
        return _failure(InternalError(), language, request_id)
    return {**(msgspec.to_builtins(found) if found else {}), "RequestId": request_id}


def refusal(error: ApiError, raw: RawRequest) -> dict[str, Any]:
    """The answer to a request that is refused before it is complete."""
    return _failure(error, raw.headers.get("x-tc-language", ""), str(uuid.uuid4()))


def _route(name: str) -> Action:
    action = actions.ACTIONS.get(name)
    if action is None:
        raise UnsupportedOperation(why(name))
    return action


async def _perform(action: Action, call: Call, wanted: parameters.Parameters) -> Fields | None:
    try:
        return await action.run(call, wanted)
    except AirhookError as error:
        raise translate(error, action.failures) from error


def _failure(error: ApiError, language: str, request_id: str) -> dict[str, Any]:
    return {"Error": {"Code": error.code, "Message": error.message(language)}, "RequestId": request_id}
