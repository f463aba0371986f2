"""Every recorded body, made anew from what a caller sends: the requests of docs/events.md, and further variants.

From the request through schema, facts, planning and signing to the exact bytes.
"""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airhook.control.event_data import SCHEMAS
from airhook.control.incoming import check
from airhook.core.accounts import Account
from airhook.core.events import Event, EventType
from airhook.core.facts import decode_facts, encode_facts
from airhook.core.rules import CallbackRule
from airhook.core.sessions import NodeIdentity
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CallbackTemplate
from airhook.delivery.attempt import prepare
from airhook.delivery.plan import Planner
from airhook.dialects import css

ROOT = Path(__file__).parents[3]
WIRE = ROOT / "tests" / "wire"
KEY = "Kx7Pq2Lm9TzR4vBnW8"
ACCOUNT = Account(id=1, appid=1300000001, name="default", created_ms=0)
NODE = NodeIdentity(id="n", ip="192.0.2.1", set_id=1, idc_id=0)

DOCUMENTED = {
    json.loads(text)["id"].removeprefix("example-").replace("-", "_"): json.loads(text)
    for text in re.findall(
        r"^```json\n(\{\n.*?)^```", (ROOT / "docs/events.md").read_text(), re.MULTILINE | re.DOTALL
    )
}
VARIANTS = {path.stem: json.loads(path.read_text()) for path in (WIRE / "events").glob("*.json")}
REQUESTS = {**DOCUMENTED, **VARIANTS}
SENT_LATER_MS = {"317_image_audit": 2000}  # its sendTime is not its screenshotTime


def body(sent: dict[str, Any], later_ms: int = 0) -> bytes:
    """What goes over the wire when ``sent`` was reported as it happened."""
    checked = check(json.dumps(sent).encode(), ACCOUNT, NODE)
    now_ms = checked.occurred_ms + later_ms
    event = Event(
        id=checked.id,
        account_id=1,
        event_type=checked.event_type,
        domain=checked.domain,
        app=checked.app,
        stream=checked.stream,
        session_id=None,
        occurred_ms=checked.occurred_ms,
        accepted_ms=now_ms,
        config_version=1,
        facts=decode_facts(encode_facts(checked.facts)),  # as they come from the database
    )
    template = CallbackTemplate(
        id=1, account_id=1, name="t", callback_key=KEY, urls=dict.fromkeys(EventType, "http://r.example/")
    )
    rule = CallbackRule(account_id=1, domain=event.domain, app="", template_id=1)
    snapshot = Snapshot(templates={1: template}, rules={(event.domain, ""): rule})
    [delivery] = Planner(iter(range(1, 9)).__next__, css.render)(event, snapshot)
    return prepare(delivery, snapshot, now_ms).body


def test_every_type_is_documented_and_every_recorded_body_has_its_request() -> None:
    assert {sent["event_type"] for sent in DOCUMENTED.values()} == set(EventType)
    recorded = {path.stem for path in (WIRE / "examples").glob("*.json")}
    assert recorded - set(REQUESTS) == {"001_push_begin_no_key"}  # no key is the template's business


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_recorded_bodies_are_reproduced(name: str) -> None:
    recorded = json.loads((WIRE / "examples" / f"{name}.json").read_bytes())
    sent = REQUESTS[name]

    # Compared as text: it tells 1 from 1.0 and "1", shows the order, and leaves no room for white space.
    expected = json.dumps(recorded, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    assert body(sent, SENT_LATER_MS.get(name, 0)).decode() == expected


def test_the_documents_name_every_field_of_data() -> None:
    sections = re.split(r"^### .*\((\d+)\)$", (ROOT / "docs/events.md").read_text(), flags=re.MULTILINE)[1:]
    for kind, text in zip(sections[::2], sections[1::2], strict=True):
        prose = text.partition("```")[0]
        fields = [
            field for field in msgspec.structs.fields(SCHEMAS[EventType(int(kind))]) if field.name != "appid"
        ]
        for start, chosen in (
            ("Required", [field.encode_name for field in fields if field.required]),
            ("Optional", [field.encode_name for field in fields if not field.required]),
        ):
            found = re.search(rf"^{start}: (.*?)\.$", prose, re.MULTILINE | re.DOTALL)
            assert re.findall(r"`(\w+)`", found[1] if found else "") == chosen, (kind, start)


def changed(name: str, **data: Any) -> dict[str, Any]:
    sent = {**REQUESTS[name], "data": {**REQUESTS[name]["data"], **data}}
    made: dict[str, Any] = json.loads(body(sent))
    return made


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        pytest.param("317_image_audit", {"label": "Normal"}, {"type": [0]}, id="normal"),
        pytest.param("317_image_audit", {"label": "Abuse"}, {"type": [6]}, id="abuse"),
        pytest.param("317_image_audit", {"label": "Ad"}, {"type": [8]}, id="advertisement"),
        pytest.param("317_image_audit", {"label": "Terror"}, {"type": [7]}, id="every other label"),
        pytest.param("317_image_audit", {"type": [1, 7]}, {"type": [1, 7]}, id="types as given"),
        pytest.param("317_image_audit", {"label_results": None}, {"labelResults": None}, id="no hits: null"),
        pytest.param("315_audio_audit", {"moan_results": None}, {"moan_results": None}, id="no moans: null"),
        pytest.param(
            "321_push_exception",
            {"abnormal_event": [{"type": 16, "count": 1, "customer_visible": False, "type_desc_en": "long"}]},
            {
                "abnormal_event": [
                    {
                        "count": 1,
                        "customer_visible": "false",
                        "detail": [],
                        "event_key": "",
                        "type": 16,
                        "type_desc_cn": "GOP过长",
                        "type_desc_en": "long",
                    }
                ]
            },
            id="texts are added where none is given",
        ),
        pytest.param(
            "314_relay_task_alarm",
            {"msg": {"type": "FileEndEarly"}},
            {"msg": '{"type":"FileEndEarly"}'},
            id="an alarm without details",
        ),
        pytest.param(
            "332_record_status_started",
            {"record_detail": {"file_format": 1}},
            {
                "record_detail": '{"file_format":1,"record_bps":0,"start_model":1,"record_content":1,'
                '"source_type":1,"codec_temp_id":0}'
            },
            id="details have their usual values",
        ),
    ],
)
def test_what_is_left_out_or_null(name: str, data: dict[str, Any], expected: dict[str, Any]) -> None:
    made = changed(name, **data)
    assert {field: made[field] for field in expected} == expected


def test_only_what_is_known_of_an_audio_audit_is_told() -> None:
    sent = {**REQUESTS["315_audio_audit"], "data": {}}
    lists = ("language_results", "moan_results", "recognition_results", "speaker_results", "text_results")
    assert json.loads(body(sent)) == {
        **{key: [] for key in lists},
        "appid": 1300000001, "channel_id": "room1001", "domain": "push.example.com", "event_type": 315,
        "interface": "general_callback", "path": "live", "stream_id": "room1001", "t": 1768479300,
        "sign": "dd743e4f13016d45079a8f27745e557e",
    }  # fmt: skip


def test_a_node_says_what_a_caller_leaves_out_of_a_push() -> None:
    sent = {**REQUESTS["001_push_begin"], "data": {"sequence": "7"}}
    made = json.loads(body(sent))
    assert {name: made[name] for name in ("node", "set_id", "idc_id", "sequence", "user_ip", "width")} == {
        "node": "192.0.2.1", "set_id": 1, "idc_id": 0, "sequence": "7", "user_ip": "", "width": 0,
    }  # fmt: skip
