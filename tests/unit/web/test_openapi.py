"""The OpenAPI document says what ``/v1/events`` takes: the documented requests obey it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airhook.core.events import EventType
from airhook.web.app import create_app
from airhook.web.faces import create_faces
from airhook.web.openapi import PATH, document
from support.http_server import Browser, serve

DOCS = (Path(__file__).parents[3] / "docs/events.md").read_text()
REQUESTS = [
    json.loads(text) for text in re.findall(r"^```json\n(\{\n.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
]
SCHEMAS = document()["components"]["schemas"]
EVENTS = {one["properties"]["event_type"]["const"]: one for one in SCHEMAS["Event"]["oneOf"]}


def test_the_document_is_served_to_everybody() -> None:
    faces = create_faces(cloud_api=Any, console=Any)  # type: ignore[arg-type]
    with serve(create_app(faces=faces, events_api=Any, ready=Any)) as address:  # type: ignore[arg-type]
        answer = Browser(address).get(PATH)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == document()
    assert answer.json()["openapi"] == "3.1.0"


def test_every_type_and_every_reference_is_there() -> None:
    assert set(EVENTS) == set(EventType)
    assert set(references(document())) <= {f"#/components/schemas/{name}" for name in SCHEMAS}


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda sent: sent["event_type"])
def test_documented_requests_obey_it(request_: dict[str, Any]) -> None:
    schema = EVENTS[request_["event_type"]]
    assert wrong(request_, schema) == []
    assert wrong({**request_, "extra": 1}, schema)
    assert wrong({**request_, "data": {**request_["data"], "extra": 1}}, schema)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)


KINDS: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None),
    "number": int | float,
}  # fmt: skip


def wrong(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """Where ``value`` breaks the schema: the part of JSON Schema that the document uses for structure."""
    if "$ref" in schema:
        return wrong(value, SCHEMAS[schema["$ref"].rpartition("/")[2]], path)
    if "anyOf" in schema:
        found = [wrong(value, one, path) for one in schema["anyOf"]]
        return [] if [] in found else found[0]
    if "const" in schema or "enum" in schema:
        return [] if value in schema.get("enum", [schema.get("const")]) else [path]
    kind = schema.get("type")
    if kind is not None and not isinstance(value, KINDS[kind]):
        return [f"{path} is no {kind}"]
    if kind == "array":
        return [
            line
            for n, one in enumerate(value)
            for line in wrong(one, schema.get("items", {}), f"{path}[{n}]")
        ]
    if kind != "object":
        return []
    known = schema.get("properties", {})
    missing = [f"{path}.{name} is missing" for name in schema.get("required", []) if name not in value]
    extra = [f"{path}.{name} is extra" for name in value if name not in known]
    inner = [
        line for name in value if name in known for line in wrong(value[name], known[name], f"{path}.{name}")
    ]
    return missing + extra + inner
