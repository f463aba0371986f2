"""Who may read ``/metrics``."""

import contextlib
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from airhook.web.metrics import metrics_route
from support.http_server import Browser, serve

TOKEN = "n0t-a-real-token-1234"
ELSEWHERE = ("203.0.113.9", 40_000)


async def scrape(accept: str) -> tuple[bytes, str]:
    return f"page for {accept}".encode(), "text/plain; version=0.0.4"


def app(token: str, client: tuple[str, int] | None) -> ASGIApp:
    inner = Starlette(routes=[metrics_route(scrape, token)])

    async def from_client(scope: Scope, receive: Receive, send: Send) -> None:
        if client is not None:
            scope = {**scope, "client": client}
        await inner(scope, receive, send)

    return from_client


@contextlib.contextmanager
def port(token: str = "", client: tuple[str, int] | None = None) -> Iterator[Browser]:
    with serve(app(token, client)) as address:
        yield Browser(address)


@pytest.mark.parametrize(
    ("token", "client", "headers", "status"),
    [
        pytest.param("", None, {}, 200, id="this machine"),
        pytest.param("", ("::1", 1), {}, 200, id="this machine over IPv6"),
        pytest.param(TOKEN, None, {}, 200, id="this machine, though there is a token"),
        pytest.param("", ELSEWHERE, {}, 403, id="another one"),
        pytest.param("", ELSEWHERE, {"Authorization": "Bearer "}, 403, id="an empty token is none"),
        pytest.param(TOKEN, ELSEWHERE, {}, 401, id="another one, no token sent"),
        pytest.param(TOKEN, ELSEWHERE, {"Authorization": f"Bearer {TOKEN}"}, 200, id="the token"),
        pytest.param(TOKEN, ELSEWHERE, {"Authorization": f"bearer {TOKEN}"}, 200, id="the scheme's case"),
        pytest.param(TOKEN, ELSEWHERE, {"Authorization": f"Bearer {TOKEN}x"}, 401, id="a wrong token"),
        pytest.param(TOKEN, ELSEWHERE, {"Authorization": f"Basic {TOKEN}"}, 401, id="another scheme"),
        pytest.param(
            "", None, {"X-Forwarded-For": "203.0.113.9"}, 403, id="a proxy here that speaks for others"
        ),
        pytest.param("", None, {"Forwarded": "for=203.0.113.9"}, 403, id="such a proxy by RFC 7239"),
    ],
)
def test_this_machine_and_the_token_s_bearer_may_read(
    token: str, client: tuple[str, int] | None, headers: dict[str, str], status: int
) -> None:
    with port(token, client) as browser:
        answer = browser.get("/metrics", **headers)
    assert answer.status == status
    assert ("page for" in answer.text) is (status == 200)


def test_a_refusal_says_what_to_do() -> None:
    with port("", ELSEWHERE) as browser:
        assert "set metrics.token" in browser.get("/metrics").text


def test_the_format_is_the_one_that_is_asked_for() -> None:
    with port() as browser:
        answer = browser.get("/metrics", Accept="application/openmetrics-text")
    assert answer.text == "page for application/openmetrics-text"


def test_the_page_is_not_to_be_posted_to() -> None:
    with port() as browser:
        assert browser.post("/metrics", {}).status == 405
