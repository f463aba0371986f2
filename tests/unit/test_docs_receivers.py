"""The receivers of docs/receivers.md are run as they stand there."""

import asyncio
import base64
import contextlib
import http.client
import json
import re
import sys
import threading
import time
import types
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from airhook.delivery.signing import sign, webhook_headers

PAGE = Path(__file__).parents[2] / "docs" / "receivers.md"
KEY, SECRET = "Kx7Pq2Lm9TzR4vBnW8", "whsec_" + base64.b64encode(bytes(24)).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 24).decode()

Ask = Callable[[bytes, dict[str, str]], int]


def example(title: str) -> dict[str, Any]:
    """The names that the example under ``title`` defines."""
    text = PAGE.read_text(encoding="utf-8")
    source = re.search(rf"^## {title}\n.*?^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert source
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(source[1], f"{PAGE.name}: {title}", "exec"), names)
    return names


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@contextlib.contextmanager
def wsgi() -> Iterator[tuple[Ask, dict[str, Any]]]:
    names = example("Plain WSGI")
    with make_server("127.0.0.1", 0, names["application"], handler_class=QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()

        def ask(body: bytes, headers: dict[str, str]) -> int:
            client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
            with contextlib.closing(client):
                client.request("POST", "/callbacks", body, headers)
                return client.getresponse().status

        yield ask, names
        server.shutdown()
        thread.join(5)


class FlaskAlike:
    """As much of Flask as the example uses."""

    def __init__(self, _name: str) -> None:
        self.routes: dict[str, Callable[[], Any]] = {}

    def post(self, path: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
        return lambda view: self.routes.setdefault(path, view)


@contextlib.contextmanager
def flask() -> Iterator[tuple[Ask, dict[str, Any]]]:
    request = SimpleNamespace()
    with modules(flask={"Flask": FlaskAlike, "request": request}):
        names = example("Flask")

    def ask(body: bytes, headers: dict[str, str]) -> int:
        request.headers = {name.title(): value for name, value in headers.items()}
        request.get_data = lambda: body
        request.get_json = lambda: json.loads(body)
        answer = names["app"].routes["/callbacks"]()
        return answer[1] if isinstance(answer, tuple) else 200

    yield ask, names


class FastApiAlike(Starlette):
    """FastAPI is made of Starlette; its requests and responses are Starlette's own."""

    def post(self, path: str) -> Callable[[Callable[[Request], Awaitable[Response]]], None]:
        return lambda view: self.add_route(path, view, methods=["POST"])


@contextlib.contextmanager
def fastapi() -> Iterator[tuple[Ask, dict[str, Any]]]:
    with modules(fastapi={"FastAPI": FastApiAlike, "Request": Request, "Response": Response}):
        names = example("FastAPI")

    def ask(body: bytes, headers: dict[str, str]) -> int:
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http", "method": "POST", "path": "/callbacks", "query_string": b"", "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(names["app"](scope, receive, send))
        status: int = sent[0]["status"]
        return status

    yield ask, names


@contextlib.contextmanager
def modules(**contents: dict[str, Any]) -> Iterator[None]:
    """Modules that the example may import."""
    with pytest.MonkeyPatch.context() as patch:
        for name, names in contents.items():
            module = types.ModuleType(name)
            vars(module).update(names)
            patch.setitem(sys.modules, name, module)
        yield


@pytest.mark.parametrize("framework", [wsgi, flask, fastapi], ids=lambda one: one.__name__)
def test_an_example_takes_genuine_callbacks_and_no_others(
    framework: Callable[[], contextlib.AbstractContextManager[tuple[Ask, dict[str, Any]]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CALLBACK_KEY", KEY)
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    now_ms = time.time_ns() // 1_000_000
    plain = b'{"event_type":1,"stream_id":"room"}'
    body = sign(plain, KEY, now_ms).body
    wrong_key = sign(plain, "another", now_ms).body
    handled: list[Any] = []
    with framework() as (ask, names):
        names["handle"] = handled.append
        genuine = dict(webhook_headers("e1", now_ms, body, [SECRET]))
        assert ask(body, genuine) == 200
        assert ask(body, {}) == 403
        assert ask(body + b" ", genuine) == 403
        assert ask(body, dict(webhook_headers("e1", now_ms, body, [OTHER]))) == 403
        assert ask(wrong_key, dict(webhook_headers("e1", now_ms, wrong_key, [SECRET]))) == 403
        assert ask(body, dict(webhook_headers("e1", now_ms - 400_000, body, [SECRET]))) == 403

    assert [one["stream_id"] for one in handled] == ["room"]
