"""The recorded bodies of events 1 and 0, made anew from facts through planning and signing."""

import json
from pathlib import Path
from typing import Any

import pytest

from airhook.core.events import Event, PushEnded, PushStarted
from airhook.core.rules import CallbackRule
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery.plan import Planner
from airhook.delivery.signing import sign
from airhook.dialects import css

KEY = "Kx7Pq2Lm9TzR4vBnW8"
EXAMPLES = Path(__file__).parents[2] / "wire" / "examples"
START: dict[str, Any] = {
    "appid": 1300000001,
    "domain": "push.example.com",
    "app": "live",
    "stream": "room1001",
    "stream_param": "txSecret=79e411299c4d2e8679bc47034abcb146&txTime=696A2840",
    "user_ip": "203.0.113.25",
    "node": "198.51.100.17",
    "set_id": 2,
    "idc_id": 21,
    "sequence": 7315508846120937714,
    "width": 0,
    "height": 0,
}
SIZE: dict[str, Any] = {"width": 1280, "height": 720}
ROOM_1002: dict[str, Any] = {
    "stream": "room1002",
    "sequence": 7315508846120999203,
    "stream_param": "txSecret=3e0507fc33ce8e588136c4f50dcbba1d&txTime=696A2840",
}


def planned(facts: PushStarted | PushEnded, event_type: int, occurred_s: int) -> bytes:
    template = CallbackTemplate(
        id=1, account_id=1, name="t", callback_key=KEY, urls={0: "http://r.example/", 1: "http://r.example/"}
    )
    rule = CallbackRule(account_id=1, domain=facts.domain, app="", template_id=1)
    snapshot = Snapshot(templates={1: template}, rules={(facts.domain, ""): rule})
    event = Event(
        id="e",
        account_id=1,
        event_type=event_type,
        domain=facts.domain,
        app=facts.app,
        stream=facts.stream,
        session_id=facts.sequence,
        occurred_ms=occurred_s * 1000 + 999,
        accepted_ms=occurred_s * 1000,
        config_version=1,
        facts=facts,
    )
    [delivery] = Planner(iter(range(1, 9)).__next__, css.render)(event, snapshot)
    return delivery.body


@pytest.mark.parametrize(
    ("example", "facts", "event_type", "occurred_s", "key"),
    [
        ("001_push_begin", PushStarted(**START), 1, 1768478400, KEY),
        ("001_push_begin_no_key", PushStarted(**START), 1, 1768478400, ""),
        (
            "000_push_end",
            PushEnded(**{**START, **SIZE}, errcode=1, sub=0, duration_ms=3722481),
            0,
            1768482123,
            KEY,
        ),
        (
            "000_push_end_dropped",
            PushEnded(**{**START, **SIZE, **ROOM_1002}, errcode=21, sub=100, duration_ms=1814906),
            0,
            1768480215,
            KEY,
        ),
    ],
)
def test_recorded_bodies_are_reproduced(
    example: str, facts: PushStarted | PushEnded, event_type: int, occurred_s: int, key: str
) -> None:
    sent = sign(planned(facts, event_type, occurred_s), key, occurred_s * 1000).body

    recorded = json.loads((EXAMPLES / f"{example}.json").read_bytes())
    # Compared as text: it tells 1 from 1.0 and "1", shows the order, and leaves no room for white space.
    assert sent == json.dumps(recorded, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def test_texts_beyond_ascii_are_sent_as_utf8() -> None:
    body = planned(PushStarted(**{**START, "stream_param": "name=直播"}), 1, 1768478400)

    assert '"stream_param":"name=直播"'.encode() in body
