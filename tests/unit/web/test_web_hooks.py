"""The door of media servers: who is let in, how much is read, and that nobody hears of a token."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from airhook.core.errors import UnavailableError
from airhook.core.sources import Source, SourceKind
from airhook.sources.reports import HookAnswer, HookRequest, MalformedHookError
from airhook.web.app import create_app
from airhook.web.faces import create_faces
from airhook.web.hooks import MAX_BODY_BYTES, HooksDoor
from support.http_server import Answer, Browser, grow, serve

TOKEN = "k9f2Zq-0_secretsecretsecretsecretsecretsecr"
SOURCE = Source(id="7fd117ec", account_id=1, kind=SourceKind.NGINX_RTMP, name="edge-1", token=TOKEN)
ELSEWHERE = Source(
    id="b0b0b0b0", account_id=1, kind=SourceKind.SRS, name="edge-2", token=TOKEN, allowed=["192.0.2.0/24"]
)
NEAR = Source(
    id="c1c1c1c1", account_id=1, kind=SourceKind.SRS, name="edge-3", token=TOKEN, allowed=["127.0.0.0/8"]
)


class Handler:
    """Remembers what came, and answers what a test says."""

    def __init__(self) -> None:
        self.came: list[tuple[Source, str, HookRequest]] = []
        self.fault: Exception | None = None

    async def handle(self, source: Source, remote: str, request: HookRequest) -> HookAnswer:
        self.came.append((source, remote, request))
        if self.fault is not None:
            raise self.fault
        return HookAnswer(status=200, body=b"0", content_type="text/plain")


class NoApi:
    def is_mine(self, _: Request) -> bool:
        return False

    async def handle(self, _: Request) -> Response:
        raise NotImplementedError


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(status_code=404)(scope, receive, send)


async def ready() -> list[str]:
    return []


@pytest.fixture(scope="module")
def handler() -> Handler:
    return Handler()


@pytest.fixture(scope="module")
def browser(handler: Handler) -> Iterator[Browser]:
    sources = {one.id: one for one in (SOURCE, ELSEWHERE, NEAR)}
    door = HooksDoor(lambda: sources, handler)
    app = create_app(
        faces=create_faces(cloud_api=NoApi(), console=nothing),
        events_api=nothing,
        ready=ready,
        hooks_door=door,
    )
    with serve(app) as address:
        yield Browser(address)


@pytest.fixture(autouse=True)
def fresh(handler: Handler) -> None:
    handler.came.clear()
    handler.fault = None


def post(browser: Browser, where: str, body: bytes) -> Answer:
    return browser.ask("POST", where, body)


def path(source: Source, more: str = "", token: str = TOKEN) -> str:
    return f"/hooks/{source.id}/{token}{more}"


def test_a_hook_comes_as_it_was_sent(browser: Any, handler: Handler) -> None:
    answer = post(browser, path(SOURCE, "/on_publish?a=%26&b"), b"app=live&x=%E6")
    assert (answer.status, answer.body) == (200, b"0")
    [(source, remote, request)] = handler.came
    assert (source, remote) == (SOURCE, "127.0.0.1")
    assert (request.method, request.event, request.query, request.body) == (
        "POST", "on_publish", "a=%26&b", b"app=live&x=%E6",
    )  # fmt: skip


def test_servers_may_ask_with_get(browser: Any, handler: Handler) -> None:
    assert browser.get(path(SOURCE, "?app=live")).status == 200
    assert [request.method for _, _, request in handler.came] == ["GET"]


@pytest.mark.parametrize(
    "wrong",
    [
        path(SOURCE, token=TOKEN[:-1] + "x"),
        path(SOURCE, token=TOKEN[:-1]),
        path(SOURCE, token=""),
        f"/hooks/00000000/{TOKEN}",
        f"/hooks/{SOURCE.id}",
        "/hooks/",
        path(ELSEWHERE),
    ],
)
def test_strangers_learn_nothing(browser: Any, handler: Handler, wrong: str) -> None:
    answer = post(browser, wrong, b"app=live")
    assert answer.status == 404
    assert answer.json() == {"error": {"code": "not_found", "message": "there is nothing at /hooks/…"}}
    assert handler.came == []


def test_an_address_of_the_list_may_call(browser: Any) -> None:
    assert post(browser, path(NEAR), b"{}").status == 200


def test_other_methods_are_refused(browser: Any) -> None:
    assert browser.ask("PUT", path(SOURCE)).status == 405


def test_a_large_body_is_not_read(browser: Any, handler: Handler) -> None:
    assert post(browser, path(SOURCE), b"x" * (MAX_BODY_BYTES + 1)).status == 413
    assert grow(browser.address, path(SOURCE), MAX_BODY_BYTES + 1).status == 413
    assert handler.came == []


def test_when_nothing_can_be_committed_the_server_is_asked_to_try_again(
    browser: Any, handler: Handler
) -> None:
    handler.fault = UnavailableError()
    answer = post(browser, path(SOURCE), b"app=live")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


def test_what_no_server_sends_is_said(browser: Any, handler: Handler) -> None:
    handler.fault = MalformedHookError("the form has no call")
    answer = post(browser, path(SOURCE), b"nonsense")
    assert answer.status == 400
    assert answer.json()["error"] == {"code": "malformed_hook", "message": "the form has no call"}


def test_no_log_holds_a_token(browser: Any, handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in (None, UnavailableError(), MalformedHookError("x"), RuntimeError("a fault of ours")):
        handler.fault = fault
        post(browser, path(SOURCE), b"app=live")
    post(browser, path(SOURCE, token=TOKEN[:-1]), b"")
    ours = [record for record in caplog.records if record.name.startswith("airhook")]
    assert "a fault of ours" in caplog.text
    assert len(ours) >= 3
    assert not [record for record in ours if TOKEN[:-1] in record.getMessage()]
