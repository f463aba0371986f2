"""``/v1/openapi.json``: what ``/v1`` takes and answers, made of the schemas that judge the requests."""

import functools
import re
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from airhook import __version__
from airhook.control.event_data import SCHEMAS
from airhook.control.events import MAX_BATCH, Accepted
from airhook.control.incoming import Incoming
from airhook.core.events import EventType
from airhook.web import events
from airhook.web.v1.catalogue import OPERATIONS
from airhook.web.v1.operations import Operation

PATH = "/v1/openapi.json"

_REF = "#/components/schemas/{name}"
_STATUSES = {
    "400": "The event breaks its schema; error.field says where",
    "401": "The bearer key is missing, wrong or disabled",
    "404": "The domain is none of the account's push domains",
    "409": "The id was accepted with another content",
    "413": "The body is too large",
    "429": "The key calls too often; send it again after Retry-After seconds",
    "503": "Nothing was accepted; send it again after Retry-After seconds",
}
_REFUSALS = {
    400: "A value is wrong; error.field says which",
    401: _STATUSES["401"],
    404: "There is no such thing, or it is another account's",
    409: "It cannot be done as things are; error.message says why",
    429: _STATUSES["429"],
    503: "Nothing was done; send it again after Retry-After seconds",
}
_JSON = ("application/json",)
_PLACES = re.compile(r"{(\w+)(?::path)?}")
_ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {name: {"type": "string"} for name in ("code", "message", "field")},
}


async def openapi(_: Request) -> Response:
    return Response(_encoded(), media_type="application/json")


@functools.cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """The document as OpenAPI 3.1 has it."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Airhook", "version": __version__},
        "paths": {events.PATH: {"post": _report()}, **_paths()},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _report() -> dict[str, Any]:
    one_or_many = {"oneOf": [_ref("Event"), {"type": "array", "items": _ref("Event"), "maxItems": MAX_BATCH}]}
    result = {"oneOf": [_ref("Accepted"), _ref("Refused")]}
    results = {"type": "object", "required": ["results"], "properties": {"results": _list_of(result)}}
    return {
        "operationId": "reportEvents",
        "summary": "Report one event, or several in one transaction",
        "security": [{"bearer": []}],
        "requestBody": {"required": True, "content": _json(one_or_many)},
        "responses": {
            "200": {
                "description": "Committed; of a list, each event has its own result",
                "content": _json({"oneOf": [_ref("Accepted"), results]}),
            },
            **{
                status: {"description": text, "content": _json(_ref("Refused"))}
                for status, text in _STATUSES.items()
            },
        },
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        path = _PLACES.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return paths


def _operation(operation: Operation) -> dict[str, Any]:
    places = [_place(name) for name in _PLACES.findall(operation.path)]
    query = [
        {"name": one.name, "in": "query", "description": one.text, "schema": dict(one.schema)}
        for one in operation.parameters
    ]
    described = {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{"bearer": []}],
        "parameters": [*places, *query],
        "responses": {
            str(operation.status if operation.answer or operation.media_types != _JSON else 204): _success(
                operation
            ),
            **{
                str(status): {"description": _REFUSALS[status], "content": _json(_ref("Refused"))}
                for status in sorted({401, 429, 503, *operation.refusals})
            },
        },
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _json(_ref(operation.body.__name__))}
    return described


def _place(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _success(operation: Operation) -> dict[str, Any]:
    if operation.answer is not None:
        return {"description": "Done", "content": _json(_ref(operation.answer.__name__))}
    if operation.media_types == _JSON:
        return {"description": "Done"}
    return {"description": "A file", "content": {one: {"schema": {}} for one in operation.media_types}}


def _schemas() -> dict[str, Any]:
    names = {kind: schema.__name__ for kind, schema in SCHEMAS.items()}
    own = {schema for operation in OPERATIONS for schema in (operation.body, operation.answer) if schema}
    every = [*SCHEMAS.values(), Accepted, Incoming, *sorted(own, key=lambda schema: str(schema.__name__))]
    _, made = msgspec.json.schema_components(every, ref_template=_REF)
    envelope = made.pop(Incoming.__name__)
    for name in names.values():
        _hide(made[name], "fact", "appid")  # both are ours to say
    return {
        **made,
        "Event": {"oneOf": [_event(envelope, kind, name) for kind, name in names.items()]},
        "Refused": {
            "type": "object",
            "required": ["error"],
            "properties": {"id": {"type": ["string", "null"]}, "error": _ERROR},
        },
    }


def _event(envelope: dict[str, Any], kind: EventType, data: str) -> dict[str, Any]:
    """The envelope of one event type."""
    own = {"event_type": {"const": int(kind)}, "data": _ref(data)}
    return {**envelope, "title": data, "properties": {**envelope["properties"], **own}}


def _hide(schema: dict[str, Any], *names: str) -> None:
    for name in names:
        del schema["properties"][name]
    schema["required"] = [name for name in schema["required"] if name not in names]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(name=name)}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
