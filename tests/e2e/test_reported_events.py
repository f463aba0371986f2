"""Events reported to a real server: every type arrives as recorded, and each once, whatever happens in between."""

import http.client
import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from airhook.verify import verify
from support.receiver import Receiver
from support.server import DOMAIN, KEY, AirhookServer

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "wire" / "examples"
DOCUMENTED = [
    json.loads(text)
    for text in re.findall(
        r"^```json\n(\{\n.*?)^```", (ROOT / "docs/events.md").read_text(), re.MULTILINE | re.DOTALL
    )
]
UNSIGNED = {314, 328}
SOON_S = 45
TEN_MIB = 10 * 1024 * 1024


def set_up(server: AirhookServer, receiver: Receiver) -> None:
    server.cli("domain", "add", DOMAIN)
    types = sorted({sent["event_type"] for sent in DOCUMENTED} - UNSIGNED)
    urls = [part for kind in types for part in ("--url", f"{kind}={receiver.url(f'/{kind}')}")]
    template = server.json("template", "add", "all", *urls, "--key", KEY, "--json")
    server.cli("rule", "add", DOMAIN, str(template["id"]))


def report(server: AirhookServer, events: Any) -> Any:
    request = urllib.request.Request(
        f"{server.http_url}/v1/events",
        json.dumps(events).encode(),
        {"Authorization": f"Bearer {server.credentials['api_key']}"},
    )
    with urllib.request.urlopen(request, timeout=SOON_S) as answer:
        return json.loads(answer.read())


def test_every_type_arrives_as_recorded(server: AirhookServer, receiver: Receiver) -> None:
    set_up(server, receiver)
    server.start()
    events = json.loads(json.dumps(DOCUMENTED).replace("http://hooks.example.com/css", receiver.url("/task")))
    results = report(server, events)["results"]
    assert [one.get("deliveries") for one in results] == [1] * len(events)
    requests = receiver.wait_for(len(events), SOON_S)

    bodies = {body["event_type"]: body for body in receiver.json_bodies()}
    assert len(bodies) == len(requests) == 18
    for sent in DOCUMENTED:
        name = sent["id"].removeprefix("example-").replace("-", "_")
        recorded = json.loads((EXAMPLES / f"{name}.json").read_bytes())
        body = bodies[sent["event_type"]]
        assert body.keys() == recorded.keys()
        assert without_times(body) == {
            **without_times(recorded),
            **({"appid": server.credentials["appid"]} if "appid" in recorded else {}),
        }
    for request in requests:
        is_task = request.json()["event_type"] in UNSIGNED
        assert request.path.startswith("/task/") == is_task
        assert is_task or verify(request.body, KEY).ok


def without_times(body: dict[str, Any]) -> dict[str, Any]:
    """A body without what depends on when and where it was sent."""
    return {
        name: value for name, value in body.items() if name not in ("t", "sign", "sendTime", "callback_url")
    }


@pytest.mark.parametrize(
    ("point", "was_accepted"),
    [
        pytest.param("writer.before_commit:1", False, id="before the commit"),
        pytest.param("writer.after_commit:1", True, id="after the commit, before the answer"),
    ],
)
def test_a_caller_without_an_answer_sends_again_and_it_arrives_once(
    server: AirhookServer, receiver: Receiver, point: str, was_accepted: bool
) -> None:
    set_up(server, receiver)
    event = next(sent for sent in DOCUMENTED if sent["event_type"] == 100)
    server.start(AIRHOOK_DEBUG__FAILPOINTS=point)
    with pytest.raises((urllib.error.URLError, http.client.HTTPException, OSError)):
        report(server, event)
    assert server.wait_for_death() == 137
    server.start()
    assert report(server, event)["duplicate"] is was_accepted
    receiver.wait_for(1, SOON_S)
    server.stop()
    server.start()
    assert report(server, event)["duplicate"] is True
    # Another one, so that whatever was on its way before has arrived.
    report(server, {**event, "id": "another", "stream": "last"})
    receiver.wait_until(lambda: "last" in streams(receiver), SOON_S)
    assert streams(receiver) == ["room1001", "last"]


def streams(receiver: Receiver) -> list[str]:
    return [body["stream_id"] for body in receiver.json_bodies()]


def test_a_call_of_the_cloud_api_that_is_too_large_has_the_answer_that_its_clients_know(
    server: AirhookServer,
) -> None:
    server.start()
    connection = http.client.HTTPConnection(server.where["http"], timeout=SOON_S)
    headers = {
        "Content-Type": "application/json",
        "X-TC-Action": "DescribeLiveDomains",
        "Authorization": "TC3-HMAC-SHA256 Credential=x",
    }
    connection.request("POST", "/", b" " * (TEN_MIB + 1), headers)
    answer = connection.getresponse()
    error = json.loads(answer.read())["Response"]["Error"]
    connection.close()
    assert (answer.status, error["Code"]) == (200, "RequestSizeLimitExceeded")
