"""Which requests are the cloud API's, and how it reads and answers them over HTTP."""

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from starlette.requests import Request

from airhook.cloudapi.bodies import SMALL_BYTES, Bodies
from airhook.cloudapi.face import CloudApi
from airhook.cloudapi.rates import Rates
from airhook.cloudapi.recognise import JSON_LIMIT
from airhook.core.accounts import ApiKey
from support.api_server import ApiServer
from support.cloud import tc3_post, v1
from support.desk import TestDesk


@pytest.fixture
def server(desk: TestDesk) -> Iterator[ApiServer]:
    with ApiServer(desk) as server:
        yield server


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "mine"),
    [
        pytest.param("POST", "/", "", {}, True, id="post"),
        pytest.param("POST", "/api", "", {}, True, id="post-api"),
        pytest.param("POST", "/api", "", {"host": "http://127.0.0.1:8080"}, True, id="host-with-scheme"),
        pytest.param("POST", "/", "", {"host": "127.0.0.1:8080/api"}, True, id="host-with-path"),
        pytest.param("POST", "/api/", "", {}, False, id="another-path"),
        pytest.param("POST", "/console/", "", {}, False, id="the-console"),
        pytest.param("GET", "/", "", {"x-tc-action": "DescribeLiveDomains"}, True, id="get-with-action"),
        pytest.param(
            "GET", "/api", "", {"authorization": "TC3-HMAC-SHA256 x"}, True, id="get-with-signature"
        ),
        pytest.param("GET", "/", "Action=DescribeLiveDomains", {}, True, id="v1-get"),
        pytest.param("GET", "/", "", {}, False, id="a-browser"),
        pytest.param("GET", "/", "action=x", {"authorization": "Basic eA=="}, False, id="another-query"),
        pytest.param("GET", "/healthz", "Action=x", {}, False, id="get-elsewhere"),
        pytest.param("HEAD", "/", "Action=x", {}, False, id="head"),
        pytest.param("PUT", "/", "", {"x-tc-action": "x"}, False, id="put"),
    ],
)
def test_is_mine(
    desk: TestDesk, method: str, path: str, query: str, headers: dict[str, str], mine: bool
) -> None:
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in {"host": "h", **headers}.items()],
    }
    assert CloudApi(desk, Rates(desk.clock)).is_mine(Request(scope)) is mine


def send(server: ApiServer, method: str, target: str, headers: dict[str, str], body: bytes) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Content-Type") == "application/json"
        return json.loads(answer.read())["Response"]
    finally:
        connection.close()


def test_an_answer_over_http(server: ApiServer, key: ApiKey) -> None:
    raw = tc3_post(key, "DescribeLiveDomains", {"PageSize": 20})
    answer = send(server, "POST", "/api", dict(raw.headers), raw.body)
    assert answer["AllCount"] == 0
    assert answer["RequestId"]


def test_errors_are_answers_with_status_200(server: ApiServer) -> None:
    answer = send(server, "POST", "/", {}, b"")
    assert answer["Error"] == {
        "Code": "MissingParameter",
        "Message": "The request is missing a required parameter `X-TC-Action`.",
    }


def test_a_get_is_answered_by_its_query_alone(server: ApiServer, key: ApiKey) -> None:
    raw = v1("GET", key, "DescribeLiveDomains", {})
    assert send(server, "GET", f"/?{raw.query.decode()}", dict(raw.headers), b"ignored")["AllCount"] == 0


def test_a_body_that_is_too_large_is_refused(server: ApiServer, key: ApiKey) -> None:
    raw = tc3_post(key, "DescribeLiveDomains")
    answer = send(server, "POST", "/", dict(raw.headers), b" " * (JSON_LIMIT + 1))
    assert answer["Error"]["Code"] == "RequestSizeLimitExceeded"


def test_the_largest_body_is_read(server: ApiServer, key: ApiKey) -> None:
    body = {"DomainPrefix": "a" * (JSON_LIMIT - 100)}
    raw = tc3_post(key, "DescribeLiveDomains", body)
    assert send(server, "POST", "/", dict(raw.headers), raw.body)["AllCount"] == 0


def announced(port: int, headers: dict[str, str], length: int, body: bytes) -> http.client.HTTPConnection:
    """A request that goes no further than ``body``."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", "/", skip_host=True)
    for name, value in {**headers, "content-length": str(length)}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    return connection


def code(connection: http.client.HTTPConnection) -> str:
    with contextlib.closing(connection):
        return str(json.loads(connection.getresponse().read())["Response"]["Error"]["Code"])


def test_an_announced_body_that_is_too_large_is_not_waited_for(server: ApiServer, key: ApiKey) -> None:
    raw = tc3_post(key, "DescribeLiveDomains")
    assert code(announced(server.port, dict(raw.headers), JSON_LIMIT + 1, b"{")) == "RequestSizeLimitExceeded"


def test_a_large_body_of_a_stranger_is_not_waited_for(server: ApiServer, key: ApiKey) -> None:
    stranger = msgspec.structs.replace(key, secret_id="AKIDstranger")
    raw = tc3_post(stranger, "DescribeLiveDomains")
    connection = announced(server.port, dict(raw.headers), JSON_LIMIT, b" " * (SMALL_BYTES + 1))
    assert code(connection) == "AuthFailure.SecretIdNotFound"


def test_large_bodies_have_a_bound_altogether(desk: TestDesk, key: ApiKey) -> None:
    size = SMALL_BYTES * 2
    raw = tc3_post(key, "DescribeLiveDomains")
    bodies = Bodies(large_bytes=3 * SMALL_BYTES)
    with ApiServer(desk, bodies) as server:
        half = announced(server.port, dict(raw.headers), JSON_LIMIT, b" " * size)
        large = tc3_post(key, "DescribeLiveDomains", {"DomainPrefix": "a" * size})
        deadline = time.monotonic() + 10
        while (
            bodies._left > SMALL_BYTES
        ):  # else the other one could be counted first, and this one be refused
            assert time.monotonic() < deadline, "the unfinished body does not count"
            time.sleep(0.005)
        answer = send(server, "POST", "/", dict(large.headers), large.body)
        assert answer["Error"]["Code"] == "ServiceUnavailable"
        assert "too many large requests" in answer["Error"]["Message"]
        small = tc3_post(key, "DescribeLiveDomains", {"PageSize": 20})
        assert send(server, "POST", "/", dict(small.headers), small.body)["AllCount"] == 0
        half.close()
        while "Error" in send(server, "POST", "/", dict(large.headers), large.body):
            assert time.monotonic() < deadline, "what the one that left had is not given back"
