"""The receivers of docs/receivers.md are run as they stand there."""

import asyncio
import base64
import contextlib
import http.client
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

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
def served(application: Any) -> Iterator[Ask]:
    """A WSGI application behind a real server."""
    with make_server("127.0.0.1", 0, application, handler_class=QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()

        def ask(body: bytes, headers: dict[str, str]) -> int:
            client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
            with contextlib.closing(client):
                client.request("POST", "/callbacks", body, {"Content-Type": "application/json", **headers})
                return client.getresponse().status

        yield ask
        server.shutdown()
        thread.join(5)


@contextlib.contextmanager
def wsgi() -> Iterator[tuple[Ask, dict[str, Any]]]:
    names = example("Plain WSGI")
    with served(names["application"]) as ask:
        yield ask, names


@contextlib.contextmanager
def flask() -> Iterator[tuple[Ask, dict[str, Any]]]:
    names = example("Flask")
    with served(names["app"]) as ask:
        yield ask, names


@contextlib.contextmanager
def fastapi() -> Iterator[tuple[Ask, dict[str, Any]]]:
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
