"""The demo's client of the cloud API signs as the official SDK does, and tells what went wrong."""

import json

import pytest

from airhook.core.errors import AirhookError
from airhook.tools.demo.tc3 import Client, authorization
from support.receiver import Receiver

HEAD = "TC3-HMAC-SHA256 Credential=AKIDTEST/2026-11-24/live/tc3_request, SignedHeaders=content-type;host, Signature="
VECTOR = "d4dc7308abfcb47f52b2089da14b0e707f610edab9633215ce5e3dd92dfa89cc"


def test_the_signature_is_that_of_the_official_sdk():
    """Observed: the SDK's own call with this key, host, time and body (contract 4.2, vector 3)."""
    header = authorization(
        "AKIDTEST", "sKtestsecretsecretsecretsecret01", "127.0.0.1:18555", b'{"TemplateId": 1}', 1795489067
    )
    assert header == HEAD + VECTOR


def test_a_call_is_a_signed_post_and_gives_the_response():
    with Receiver() as server:
        server.answer(body=b'{"Response":{"TemplateId":7,"RequestId":"r"}}')
        answer = Client(f"127.0.0.1:{server.port}", "AKIDTEST", "key").call("Create", TemplateName="a")
        (request,) = server.requests
    assert answer["TemplateId"] == 7
    assert (request.method, request.path) == ("POST", "/")
    assert request.json() == {"TemplateName": "a"}
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["x-tc-action"] == "Create"
    assert request.headers["x-tc-version"] == "2018-08-01"
    expected = authorization(
        "AKIDTEST", "key", request.headers["host"], request.body, int(request.headers["x-tc-timestamp"])
    )
    assert request.headers["authorization"] == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            json.dumps(
                {"Response": {"Error": {"Code": "Limit", "Message": "Too many."}, "RequestId": "r"}}
            ).encode(),
            "Create was refused: Limit: Too many.",
        ),
        (b"<html>", "Create got no answer: JSONDecodeError"),
        (b"{}", "Create got no answer: KeyError"),
    ],
    ids=["an error", "no JSON", "no Response"],
)
def test_what_went_wrong_is_told(body, message):
    with Receiver() as server:
        server.answer(body=body)
        with pytest.raises(AirhookError) as refused:
            Client(f"127.0.0.1:{server.port}", "AKIDTEST", "key").call("Create")
    assert refused.value.message.startswith(message)


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(AirhookError, match="Create got no answer: ConnectionRefusedError"):
        Client("127.0.0.1:1", "AKIDTEST", "key").call("Create")
