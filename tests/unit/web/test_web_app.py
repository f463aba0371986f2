"""Who answers what on the one port, how large a request may be, and what is told when something fails."""

import contextlib
import http.client
import logging
from collections.abc import Callable, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from airhook.web.app import MAX_BODY_BYTES, create_app
from airhook.web.faces import create_faces
from support.http_server import Answer, Browser, grow, serve


class Api:
    """Says which body it read; calls what a test tells it to before that."""

    def __init__(self) -> None:
        self.first: Callable[[], None] = lambda: None
        self.calls = 0

    def is_mine(self, request: Request) -> bool:
        return request.method == "POST" or "x-tc-action" in request.headers

    async def handle(self, request: Request) -> Response:
        self.calls += 1
        self.first()
        return JSONResponse({"api": len(await request.body())})


async def console(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    client = request.client.host if request.client else ""
    read = len(await request.body())
    seen = f"console {scope['root_path']} {scope['path']} {scope['scheme']} {client} {read}"
    await PlainTextResponse(seen)(scope, receive, send)


class Events:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("events")(scope, receive, send)


async def ready() -> list[str]:
    return []


@contextlib.contextmanager
def port(api: Api, *, page: ASGIApp = console, trusted: tuple[str, ...] = ()) -> Iterator[Browser]:
    app = create_app(
        faces=create_faces(cloud_api=api, console=page),
        events_api=Events(),
        ready=ready,
        trusted_proxies=trusted,
    )
    with serve(app) as address:
        yield Browser(address)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with port(Api()) as browser:
        yield browser


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "said"),
    [
        pytest.param("POST", "/", {}, 200, '{"api":0}', id="a call of the API"),
        pytest.param("POST", "/api", {}, 200, '{"api":0}', id="a call on its other path"),
        pytest.param("GET", "/", {"X-TC-Action": "A"}, 200, '{"api":0}', id="a call by GET"),
        pytest.param("GET", "/api", {"X-TC-Action": "A"}, 200, '{"api":0}', id="a call by GET, other path"),
        pytest.param("GET", "/api", {}, 404, "not_found", id="no call on the API's path"),
        pytest.param("PUT", "/", {}, 405, "method_not_allowed", id="neither call nor browser"),
        pytest.param("DELETE", "/api", {}, 405, "method_not_allowed", id="no way to call the API"),
        pytest.param("GET", "/api", {}, 404, "not_found", id="no call"),
        pytest.param("GET", "/console/x", {}, 200, "console /console /console/x http", id="the console"),
        pytest.param("POST", "/console/", {}, 200, "console /console /console/ ", id="a form of the console"),
        pytest.param("GET", "/healthz", {}, 200, "alive", id="the process"),
        pytest.param("GET", "/readyz", {}, 200, "ready", id="the node"),
        pytest.param("POST", "/healthz", {}, 405, "method_not_allowed", id="wrong method"),
        pytest.param("GET", "/nothing", {}, 404, "there is nothing at /nothing", id="nothing"),
        pytest.param("GET", "/api/", {}, 404, "not_found", id="a slash too many is another path"),
        pytest.param("POST", "/v1/events", {}, 200, "events", id="what callers report"),
        pytest.param("GET", "/v1/nothing", {}, 404, "not_found", id="nothing below it"),
    ],
)
def test_each_path_has_its_answerer(
    browser: Browser, method: str, path: str, headers: dict[str, str], status: int, said: str
) -> None:
    answer = browser.ask(method, path, headers=headers)
    assert answer.status == status
    assert said in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/", "/console"])
def test_a_browser_that_knows_the_address_is_sent_to_the_console(
    browser: Browser, method: str, path: str
) -> None:
    answer = browser.ask(method, path)
    assert (answer.status, answer.headers["location"]) == (303, "/console/")


@pytest.mark.parametrize("host", ["http://127.0.0.1:8080", "a b", "x:y:z", "[::1"])
def test_a_host_header_that_is_none_does_not_matter(browser: Browser, host: str) -> None:
    # tccli sends its whole endpoint as Host (contract 4.5).
    assert browser.ask("POST", "/", headers={"Host": host}).json() == {"api": 0}
    assert browser.ask("GET", "/console", headers={"Host": host}).headers["location"] == "/console/"


# --- sizes ------------------------------------------------------------------------------------------------------


def test_a_body_of_the_largest_size_is_read(browser: Browser) -> None:
    assert browser.ask("POST", "/console/", bytes(MAX_BODY_BYTES)).text.endswith(f" {MAX_BODY_BYTES}")


def test_a_body_announced_as_larger_is_refused_unread(browser: Browser) -> None:
    connection = http.client.HTTPConnection(browser.address, timeout=10)
    connection.putrequest("POST", "/console/")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()  # and not one byte of it
    answer = Answer(connection.getresponse())
    connection.close()
    assert (answer.status, answer.json()["error"]["code"]) == (413, "content_too_large")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/", "/api"])
def test_the_cloud_api_bounds_what_it_reads_itself(browser: Browser, path: str) -> None:
    # Its SDKs take an HTTP 413 for a fault of the network; they know RequestSizeLimitExceeded.
    size = MAX_BODY_BYTES + 1
    assert browser.ask("POST", path, bytes(size)).json() == {"api": size}


def test_a_body_that_grows_larger_is_refused_on_the_way(browser: Browser) -> None:
    answer = grow(browser.address, "/console/", MAX_BODY_BYTES + 1)
    assert (answer.status, answer.json()["error"]["code"]) == (413, "content_too_large")


# --- faults -----------------------------------------------------------------------------------------------------


def test_a_fault_is_logged_and_told_without_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("the secret cause")

    api = Api()
    api.first = fail
    with port(api) as browser, caplog.at_level(logging.INFO):
        answer = browser.ask("POST", "/")
    assert (answer.status, answer.json()["error"]["code"]) == (500, "internal_server_error")
    assert "secret" not in answer.text
    faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [(fault.name, fault.getMessage()) for fault in faults] == [("airhook.web", "POST / failed")]
    assert "the secret cause" in str(faults[0].exc_info)


def test_a_fault_behind_a_sent_page_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def sends_then_fails(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("a page about the fault", 500)(scope, receive, send)
        raise RuntimeError("the cause")

    with port(Api(), page=sends_then_fails) as browser, caplog.at_level(logging.INFO):
        answer = browser.get("/console/")
    assert (answer.status, answer.text) == (500, "a page about the fault")
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == ["GET /console/ failed"]


# --- proxies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [
        pytest.param((), "http 127.0.0.1", id="nobody is trusted by default"),
        pytest.param(("192.0.2.1",), "http 127.0.0.1", id="another address"),
        pytest.param(("127.0.0.1",), "https 203.0.113.9", id="the proxy's address"),
        pytest.param(("127.0.0.0/8",), "https 203.0.113.9", id="the proxy's network"),
    ],
)
def test_only_a_trusted_proxy_says_who_asks_and_how(trusted: tuple[str, ...], seen: str) -> None:
    with port(Api(), trusted=trusted) as browser:
        answer = browser.get("/console/", X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9")
    assert answer.text == f"console /console /console/ {seen} 0"
