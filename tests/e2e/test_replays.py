"""Sending again on a real server: one delivery, a bad hour, and a crash in the middle."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

import pytest

from airhook.core.replays import MAX_IN_LINE
from support.receiver import Receiver
from support.server import DOMAIN, KEY, AirhookServer

EVENTS = 250  # more than two parts of a replay
SOON_S = 45
UNSURE = 30  # requests whose outcome was on its way into the database when the next part was made
PICTURE = {
    "file_size": 1000,
    "width": 640,
    "height": 360,
    "pic_url": "/pictures/one.jpg",
    "pic_full_url": "http://pictures.example/one.jpg",
}


class Stage:
    """A running server whose template sends screenshots to a receiver, and a program that calls ``/v1``."""

    def __init__(self, server: AirhookServer, receiver: Receiver) -> None:
        self.server = server
        self.receiver = receiver
        server.cli("domain", "add", DOMAIN)
        url = f"200={receiver.url('/shots')}"
        self.template = server.json("template", "add", "shots", "--url", url, "--key", KEY, "--json")["id"]
        server.cli("rule", "add", DOMAIN, str(self.template))
        server.start()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.server.http_url}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.server.credentials['api_key']}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=SOON_S) as answer:
            return json.loads(answer.read())

    def report(self, count: int, name: str = "shot", stream: str = "room") -> None:
        events = [
            {
                "id": f"{name}-{n}", "domain": DOMAIN, "app": "live", "stream": f"{stream}{n % 7}", "event_type": 200,
                "occurred_at": time.time(), "data": PICTURE,
            }
            for n in range(count)
        ]  # fmt: skip
        for at in range(0, count, 100):
            self.call("POST", "/v1/events", events[at : at + 100])

    def deliveries(self, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            given = "&".join(f"{name}={value}" for name, value in {**query, "limit": "500"}.items())
            page = self.call("GET", f"/v1/deliveries?{given}{cursor}")
            found += page["deliveries"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"

    def all_settled(self, count: int) -> list[dict[str, Any]]:
        """Wait until ``count`` deliveries are there and have ended."""
        found: list[dict[str, Any]] = eventually(
            lambda: (
                found
                if len(found := self.deliveries()) == count and all(one["settled_at"] for one in found)
                else None
            )
        )
        return found

    def over(self, replay_id: str) -> dict[str, Any]:
        def ended() -> Any:
            shown = self.call("GET", f"/v1/replays/{replay_id}")
            return shown if shown["state"] == "done" else None

        over: dict[str, Any] = eventually(ended)
        return over


def eventually(look: Any) -> Any:
    deadline = time.monotonic() + SOON_S
    while True:
        try:
            if (found := look()) is not None:
                return found
        except (urllib.error.URLError, ConnectionError):
            pass  # it is just starting
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def stage(server: AirhookServer, receiver: Receiver) -> Stage:
    return Stage(server, receiver)


def test_one_delivery_is_sent_again_with_a_new_signature(stage: Stage) -> None:
    stage.report(1)
    [first] = stage.all_settled(1)
    again = stage.call("POST", f"/v1/deliveries/{first['id']}/resend")
    assert again["repeat_of"] == first["id"]
    second, _ = stage.all_settled(2)
    assert (second["id"], second["state"], second["event_id"]) == (again["id"], "delivered", "shot-0")
    bodies = stage.receiver.json_bodies()
    assert len(bodies) == 2
    assert {name: value for name, value in bodies[0].items() if name not in ("t", "sign")} == {
        name: value for name, value in bodies[1].items() if name not in ("t", "sign")
    }
    text = stage.server.cli("resend", first["id"]).stdout
    assert stage.receiver.url("/shots") in text
    stage.all_settled(3)


def test_a_bad_hour_is_replayed_and_what_was_good_is_not(stage: Stage) -> None:
    stage.server.stop()
    stage.server.cli("template", "set", str(stage.template), "--profile", "standard")
    stage.server.start()
    stage.receiver.answer(410)  # which that profile takes for an end
    stage.report(20)
    bad = stage.all_settled(20)
    assert {one["state"] for one in bad} == {"exhausted"}
    stage.receiver.answer(200, b'{"code":0}')
    made = stage.call("POST", "/v1/replays", {"wanted": {"state": "exhausted"}, "rate": 1000, "start": False})
    waiting = eventually(
        lambda: (
            shown if (shown := stage.call("GET", f"/v1/replays/{made['id']}"))["state"] == "paused" else None
        )
    )
    assert (waiting["counted"], waiting["made"]) == (20, 0)
    stage.call("POST", f"/v1/replays/{made['id']}/resume")
    over = stage.over(made["id"])
    assert (over["made"], over["delivered"], over["exhausted"], over["skipped"]) == (20, 20, 0, 0)
    repeats = [one for one in stage.deliveries() if one["repeat_of"]]
    assert {one["repeat_of"] for one in repeats} == {one["id"] for one in bad}
    assert {one["state"] for one in repeats} == {"delivered"}
    assert stage.server.json("replay", "list", "--json")[0]["state"] == "done"
    stage.server.stop()
    stage.server.cli("verify")


@pytest.mark.parametrize(
    "point", ["replay.before_commit:2", "replay.after_commit:2", "writer.after_log_commit:2"]
)
def test_a_replay_survives_a_crash_and_makes_nothing_twice(stage: Stage, point: str) -> None:
    stage.report(EVENTS)
    first = stage.all_settled(EVENTS)
    stage.server.stop()
    stage.server.start(AIRHOOK_DEBUG__FAILPOINTS=point)
    made = stage.call("POST", "/v1/replays", {"wanted": {"domain": DOMAIN}, "rate": 1000})
    assert stage.server.wait_for_death() == 137
    stage.server.start()
    over = stage.over(made["id"])
    assert (over["counted"], over["made"], over["delivered"]) == (EVENTS, EVENTS, EVENTS)
    repeats = Counter(one["repeat_of"] for one in stage.deliveries() if one["repeat_of"])
    assert repeats == Counter({one["id"]: 1 for one in first})
    heard = Counter(body["stream_id"] for body in stage.receiver.json_bodies())
    assert sum(heard.values()) >= 2 * EVENTS
    stage.server.stop()
    stage.server.cli("verify")


def test_a_live_callback_does_not_wait_for_a_replay_to_the_same_slow_receiver(stage: Stage) -> None:
    stage.report(EVENTS)
    stage.all_settled(EVENTS)
    stage.call("PATCH", "/v1/destinations", {"url": stage.receiver.url("/shots"), "rate_limit": 50})
    stage.call("POST", "/v1/replays", {"wanted": {"domain": DOMAIN}, "rate": 1000})
    stage.receiver.wait_for(EVENTS + 50, SOON_S)  # by now all could have been made
    before = len(stage.receiver.requests)
    stage.report(1, "live", "live")
    stage.receiver.wait_until(lambda: "live0" in streams(stage), SOON_S)
    assert streams(stage).index("live0") - before <= MAX_IN_LINE + UNSURE


def streams(stage: Stage) -> list[str]:
    return [body["stream_id"] for body in stage.receiver.json_bodies()]


def test_a_paused_replay_waits_and_a_cancelled_one_is_over(stage: Stage) -> None:
    stage.report(30)
    stage.all_settled(30)
    made = stage.call("POST", "/v1/replays", {"wanted": {"event_type": 200}, "rate": 1})
    path = f"/v1/replays/{made['id']}"
    eventually(lambda: shown if (shown := stage.call("GET", path))["made"] else None)
    paused = stage.call("POST", f"{path}/pause")
    assert paused["state"] == "paused"
    assert 0 < paused["made"] < 30
    cancelled = stage.call("POST", f"{path}/cancel")
    assert cancelled["state"] == "cancelled"
    assert refusal(stage, f"{path}/resume") == (
        409,
        {
            "code": "conflict",
            "message": f"replay {made['id']} is cancelled; that can be done while it is counting or paused",
        },
    )
    stage.server.stop()
    stage.server.cli("verify")


def refusal(stage: Stage, path: str, body: Any = None) -> tuple[int, dict[str, str]]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        stage.call("POST", path, body)
    with refused.value as answer:
        return answer.code, json.loads(answer.read())["error"]


def test_a_mistake_is_named(stage: Stage) -> None:
    for body, field in (
        ({"wanted": {}}, "since"),
        ({"wanted": {"state": "done"}}, "wanted.state"),
        ({"wanted": {"stream": "a"}, "rate": 0}, "rate"),
        ({"wanted": {"stream": "a"}, "speed": 5}, "speed"),
    ):
        status, error = refusal(stage, "/v1/replays", body)
        assert (status, error["field"]) == (400, field)
