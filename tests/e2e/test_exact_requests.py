"""The request that is made again is the one that a receiver wrote down: every event type, in every way of signing."""

import base64
import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.endurance import wait_until
from support.receiver import Receiver, Request
from support.server import DOMAIN, KEY, AirhookServer

ROOT = Path(__file__).parents[2]
DOCUMENTED: list[dict[str, Any]] = [
    json.loads(text)
    for text in re.findall(
        r"^```json\n(\{\n.*?)^```", (ROOT / "docs/events.md").read_text(), re.MULTILINE | re.DOTALL
    )
]
TASKS = {314, 328}
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MODES: dict[str, list[str]] = {
    "fresh": ["--key", KEY],
    "nokey": [],
    "frozen": ["--key", KEY, "--sign-mode", "frozen"],
    "overlap401": ["--key", "Old7Pq2Lm9TzR4"],
    "overlap403": ["--key", "Old7Pq2Lm9TzR4"],
    "webhooks": ["--key", KEY, "--webhook-secret", SECRET, "--header", "X-Room: 7", "--header", "Accept: */json"],
}  # fmt: skip
"""By app, which has a template of its own; its options."""
REFUSED = {"overlap401": 401, "overlap403": 403}
RETRY_S = 1.1  # so that the second attempt has another t, unless t is frozen
SOON_S = 45


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """Each path refuses its first request."""
    with Receiver() as running:
        for mode in MODES:
            for sent in DOCUMENTED:
                path, status = f"/{mode}/{sent['event_type']}", REFUSED.get(mode, 500)
                running.answer(status, b"no\xff", path=path, times=1, headers=(("X-Why", "not now"),))
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[AirhookServer]:
    """All that was reported is delivered."""
    types = sorted({sent["event_type"] for sent in DOCUMENTED})
    assert len(types) == 18
    schedules = ",".join(f"{kind}=3x{RETRY_S}" for kind in types)
    settings = {"AIRHOOK_DELIVERY__SCHEDULES": schedules, "AIRHOOK_V1__RATE_LIMIT": "0"}
    made = AirhookServer(tmp_path_factory.mktemp("exact"), **settings)
    try:
        made.cli("domain", "add", DOMAIN)
        for mode, options in MODES.items():
            _add_template(made, receiver, mode, options)
        made.start()
        for mode in MODES:
            _report(made, receiver, mode)
        receiver.wait_for(2 * len(MODES) * len(DOCUMENTED), SOON_S)
        yield made
    finally:
        made.stop()


def _add_template(server: AirhookServer, receiver: Receiver, mode: str, options: list[str]) -> None:
    kinds = [sent["event_type"] for sent in DOCUMENTED if sent["event_type"] not in TASKS]
    urls = [part for kind in kinds for part in ("--url", f"{kind}={_url(receiver, mode, kind)}")]
    template = server.json("template", "add", mode, *urls, *options, "--json")
    if mode in REFUSED:
        server.cli("template", "set", str(template["id"]), "--key", KEY, "--overlap", "1h")
    server.cli("rule", "add", DOMAIN, str(template["id"]), "--app", mode)


def _url(receiver: Receiver, mode: str, kind: int) -> str:
    return receiver.url(f"/{mode}/{kind}?room=1&x=%20#part")


def _report(server: AirhookServer, receiver: Receiver, mode: str) -> None:
    events = []
    for sent in DOCUMENTED:
        data = dict(sent["data"])
        if sent["event_type"] in TASKS:
            data["callback_url"] = _url(receiver, mode, sent["event_type"])
        events.append({**sent, "id": f"{mode}/{sent['id']}", "app": mode, "data": data})
    answer = ask(server, "/v1/events", json.dumps(events).encode())
    assert [one.get("deliveries") for one in answer["results"]] == [1] * len(events)


def ask(server: AirhookServer, path: str, body: bytes | None = None) -> Any:
    headers = {"Authorization": f"Bearer {server.credentials['api_key']}"}
    request = urllib.request.Request(f"{server.http_url}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=SOON_S) as answer:
        return json.loads(answer.read())


def settled(server: AirhookServer, mode: str) -> dict[int, dict[str, Any]]:
    """The deliveries of an app, by event type, once all are delivered."""
    query = f"/v1/deliveries?app={mode}&limit=100&state=delivered"
    wait_until(lambda: len(ask(server, query)["deliveries"]) == len(DOCUMENTED), SOON_S, "all are delivered")
    return {one["event_type"]: one for one in ask(server, query)["deliveries"]}


def wire(request: dict[str, Any]) -> bytes:
    """What was shown, as it goes over the wire."""
    lines = [f"{request['method']} {request['target']} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request["headers"]]
    return "\r\n".join([*lines, "", request["body"]]).encode()


def attempts(server: AirhookServer, delivery: dict[str, Any]) -> list[dict[str, Any]]:
    numbers = range(1, delivery["attempts"] + 1)
    return [ask(server, f"/v1/deliveries/{delivery['id']}/attempts/{n}") for n in numbers]


@pytest.mark.parametrize("mode", MODES)
def test_what_is_shown_is_what_came(server: AirhookServer, receiver: Receiver, mode: str) -> None:
    found = settled(server, mode)
    assert len(found) == 18
    for kind, delivery in found.items():
        came: list[Request] = receiver.wait_for(2, path=f"/{mode}/{kind}")
        made = attempts(server, delivery)
        # During an overlap both requests belong to one attempt, and the second one is what it came to.
        one_attempt = mode in REFUSED and kind not in TASKS
        assert len(made) == (1 if one_attempt else 2)
        for attempt, request in zip(made, came[1:] if one_attempt else came, strict=True):
            assert attempt["request_lost"] is None
            assert wire(attempt["request"]) == request.head + request.body
            assert attempt["request"]["headers_exact"] is True
        assert_signed(mode, kind, made)
        assert (made[-1]["answer"]["status"], made[-1]["answer"]["body"]) == (200, '{"code":0}')


def assert_signed(mode: str, kind: int, made: list[dict[str, Any]]) -> None:
    signed = mode != "nokey" and kind not in TASKS
    webhooks = mode == "webhooks" and kind not in TASKS
    times = [one["request"]["t"] for one in made]
    for one in made:
        assert one["request"]["signature"] == ("ok" if signed else None)
        assert one["request"]["webhook_signature"] == ("ok" if webhooks else None)
    if signed and len(times) == 2:
        assert (times[0] == times[1]) == (mode == "frozen")


def test_a_refusal_is_shown_with_its_headers_and_bytes(server: AirhookServer) -> None:
    [first, _] = attempts(server, settled(server, "fresh")[100])
    answer = first["answer"]
    assert (answer["status"], base64.b64decode(answer["body_base64"])) == (500, b"no\xff")
    assert ["X-Why", "not now"] in answer["headers"]
    assert first["attempt"]["error"] == "bad_status"
    timings = first["attempt"]["timings"]
    assert 0 < timings["connect_ms"] <= timings["first_byte_ms"] <= timings["total_ms"]


def test_an_event_is_found_by_an_id_with_a_slash(server: AirhookServer) -> None:
    sent = next(sent for sent in DOCUMENTED if sent["event_type"] == 100)
    settled(server, "fresh")
    shown = ask(server, f"/v1/events/fresh/{sent['id']}")
    assert (shown["event"]["id"], shown["event"]["origin"]) == (f"fresh/{sent['id']}", "reported")
    assert [one["state"] for one in shown["deliveries"]] == ["delivered"]


def test_after_a_second_change_of_the_key_it_is_told_why(server: AirhookServer) -> None:
    delivery = settled(server, "fresh")[200]
    for key in ("Next1", "Next2"):
        server.cli("template", "set", str(delivery["template_id"]), "--key", key)
    why = "it was changed 2 times since"
    wait_until(
        lambda: why in (last(server, delivery).get("request_lost") or {"detail": ""})["detail"],
        SOON_S,
        "the server hears of both new keys",
    )
    shown = last(server, delivery)
    assert shown["request"] is None
    assert shown["request_lost"]["reason"] == "key_changed"
    assert shown["answer"]["status"] == 200


def last(server: AirhookServer, delivery: dict[str, Any]) -> dict[str, Any]:
    return attempts(server, delivery)[-1]
