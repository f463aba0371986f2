"""``/v1`` beyond deliveries: templates and their options, rules, domains, destinations, over a real HTTP server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airhook.control import (
    bearer,
    destinations,
    domains,
    media_rules,
    media_templates,
    rules,
    templates,
)
from airhook.control.bearer import KeyRing
from airhook.control.media_rules import RECORD_RULES, SNAPSHOT_RULES
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.control.snapshot_templates import SNAPSHOT, SnapshotTemplateForm
from airhook.control.template_options import OptionsForm
from airhook.control.templates import TemplateForm
from airhook.core.delivery_options import generate_webhook_secret
from airhook.core.media_rules import RuleKey
from airhook.core.record_templates import RecordFormat
from airhook.web.app import create_app
from airhook.web.faces import create_faces
from airhook.web.v1 import catalogue
from airhook.web.v1.calls import CallLimit
from support.desk import NOW_MS, TestDesk, add_account, open_desk, wait
from support.http_server import Answer, Browser, serve

DOMAIN, URL = "push.example.com", "https://hooks.example.com/css"
KEY, OLD_SECRET, TOKEN = "Kx7Pq2Lm9TzR4vBn", generate_webhook_secret(), "Bearer verysecret"
CALLS = 40  # that a key may make a second; the clock stands still


class Site:
    """A port over a desk with one of each thing."""

    def __init__(self, desk: TestDesk) -> None:
        self.desk = desk
        self.address = ""
        add_account(desk, 1)
        self.token = wait(bearer.create_bearer_key(desk, 1, "ci"))[0]
        self.domain = wait(domains.add(desk, 1, DOMAIN))
        options = OptionsForm(webhook_secret=OLD_SECRET, headers={"Authorization": TOKEN})
        form = TemplateForm(name="hooks", urls={1: URL}, callback_key=KEY, options=options)
        self.template = wait(templates.create(desk, 1, form)).id
        wait(rules.bind(desk, 1, DOMAIN, "live", self.template))

    def app(self) -> Any:
        limit = CallLimit(self.desk.clock, CALLS, "v1.rate_limit")
        routes = catalogue.routes(self.desk, KeyRing(self.desk.store, self.desk.clock), limit)
        faces = create_faces(cloud_api=Any, console=Any, v1=routes)  # type: ignore[arg-type]
        return create_app(faces=faces, events_api=Any, ready=Any)  # type: ignore[arg-type]

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        sent = b"" if body is None else json.dumps(body).encode()
        return Browser(self.address).ask(method, path, sent, {"Authorization": f"Bearer {self.token}"})

    def options(self, **body: Any) -> Answer:
        return self.ask("PATCH", f"/v1/templates/{self.template}", body)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_desk(tmp_path) as desk:
        made = Site(desk)
        with serve(made.app()) as made.address:
            yield made


def test_a_template_is_shown_without_what_is_secret(site: Site) -> None:
    answer = site.ask("GET", f"/v1/templates/{site.template}")
    shown = answer.json()
    assert (shown["name"], shown["urls"], shown["callback_key"]) == ("hooks", {"1": URL}, True)
    assert (shown["options"]["profile"], shown["options"]["webhook_secret"]) == ("css", True)
    assert shown["options"]["headers"] == ["Authorization"]
    assert site.ask("GET", "/v1/templates").json() == {"templates": [shown]}
    for secret in (KEY, OLD_SECRET, TOKEN):
        assert secret not in answer.text


def test_options_are_changed_one_by_one(site: Site) -> None:
    changed = site.options(profile="custom", delays_s=[1, 2.5], http2=True, ordered=False).json()
    assert (changed["ordered"], changed["options"]["http2"]) == (False, True)
    assert changed["options"]["delays_s"] == [1, 2.5]
    again = site.options(headers={"X-Team": "live", "Authorization": ""}, sign_mode="frozen").json()[
        "options"
    ]
    assert (again["headers"], again["profile"], again["sign_mode"]) == (["X-Team"], "custom", "frozen")
    held = wait(templates.get(site.desk, 1, site.template)).options
    assert held is not None
    assert held.headers == (("X-Team", "live"),)
    assert held.webhook_secret == OLD_SECRET


def test_a_change_counts_at_once_and_is_written_down_with_its_key(site: Site) -> None:
    site.options(profile="standard")
    template = site.desk.config.current.templates[site.template]
    assert template.options is not None
    assert template.options.profile == "standard"
    newest = wait(site.desk.store.read(lambda view: view.audit_log(1, None, 1)))[0]
    assert (newest.face, newest.actor, newest.thing) == ("v1", "ci", "callback_template")


def test_a_secret_is_rotated_and_told_once(site: Site) -> None:
    path = f"/v1/templates/{site.template}/webhook-secret"
    made = site.ask("POST", path, {"overlap_s": 60}).json()
    assert made["overlap_until"] == NOW_MS + 60_000
    held = wait(templates.get(site.desk, 1, site.template)).options
    assert held is not None
    assert held.webhook_secrets_at(NOW_MS) == (made["webhook_secret"], OLD_SECRET)
    assert held.webhook_secrets_at(NOW_MS + 60_000) == (made["webhook_secret"],)
    assert made["webhook_secret"] not in site.ask("GET", "/v1/templates").text
    assert site.ask("POST", path).json()["overlap_until"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"profile": "fast"}, "profile"),
        ({"profile": "custom"}, "delays_s"),
        ({"profile": "custom", "delays_s": [-1]}, "delays_s"),
        ({"webhook_secret": "short"}, "webhook_secret"),
        ({"overlap_s": 60}, "overlap_s"),
        ({"overlap_s": 10**9}, "overlap_s"),
        ({"headers": {"Host": "a"}}, "headers.Host"),
        ({"ca_pem": "none"}, "ca_pem"),
        ({"client_cert_pem": "none"}, "client_key_pem"),
        ({"http2": "yes"}, "http2"),
        ({"secret": "x"}, "secret"),
    ],
    ids=str,
)
def test_a_wrong_option_is_named(site: Site, body: dict[str, Any], field: str) -> None:
    before = wait(templates.get(site.desk, 1, site.template))
    answer = site.options(**body)
    assert (answer.status, answer.json()["error"]["field"]) == (400, field)
    assert wait(templates.get(site.desk, 1, site.template)) == before


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("template", ["999", "none", "-1"])
def test_a_template_that_is_not_there(site: Site, method: str, template: str) -> None:
    assert site.ask(method, f"/v1/templates/{template}", {}).status == 404


def test_what_is_configured_is_listed(site: Site) -> None:
    form = RecordTemplateForm(
        name="films", params={RecordFormat.MP4: ParamForm(enabled=True), RecordFormat.FLV: ParamForm()}
    )
    films = wait(media_templates.create(site.desk, RECORD, 1, form))
    shots = wait(
        media_templates.create(site.desk, SNAPSHOT, 1, SnapshotTemplateForm(name="shots", audit=True))
    )
    wait(media_rules.bind(site.desk, RECORD_RULES, 1, RuleKey(DOMAIN, "", ""), films.id))
    wait(media_rules.bind(site.desk, SNAPSHOT_RULES, 1, RuleKey(DOMAIN, "live", "room"), shots.id))

    [film] = site.ask("GET", "/v1/record-templates").json()["record_templates"]
    assert (film["name"], film["formats"]) == (
        "films",
        {"mp4": {"interval_s": 1800, "storage_s": 0, "file_name": ""}},
    )
    [shot] = site.ask("GET", "/v1/snapshot-templates").json()["snapshot_templates"]
    assert (shot["name"], shot["audit"], shot["interval_s"]) == ("shots", True, 10)
    listed = site.ask("GET", "/v1/rules").json()["rules"]
    assert [(one["kind"], one["app"], one["stream"], one["template_id"]) for one in listed] == [
        ("callback", "live", "", site.template),
        ("record", "", "", films.id),
        ("snapshot", "live", "room", shots.id),
    ]
    answer = site.ask("GET", "/v1/domains")
    [domain] = answer.json()["domains"]
    assert (domain["name"], domain["type"], domain["authentication"]) == (DOMAIN, "push", True)
    assert site.domain.auth_key not in answer.text


def test_how_a_snapshot_template_s_pictures_are_judged(site: Site) -> None:
    shots = wait(media_templates.create(site.desk, SNAPSHOT, 1, SnapshotTemplateForm(name="shots")))
    path = f"/v1/snapshot-templates/{shots.id}"
    changed = site.ask("PATCH", path, {"block": 70, "review": 50, "send_pass": True}).json()
    assert changed["audit_options"] == {"block": 70, "review": 50, "review_hot": None, "send_pass": True}
    changed = site.ask("PATCH", path, {"block": None, "review_hot": 101}).json()
    assert changed["audit_options"] == {"block": None, "review": 50, "review_hot": 101, "send_pass": True}
    for body, field in (({"block": 150}, "block"), ({"block": "much"}, "block"), ({"blocks": 1}, "blocks")):
        refused = site.ask("PATCH", path, body)
        assert refused.status == 400
        assert field in refused.json()["error"]["message"], refused.text
        assert "audit_options" not in refused.text
    assert site.ask("PATCH", "/v1/snapshot-templates/999", {"block": 70}).status == 404


def test_a_destination_is_paused_limited_and_resumed(site: Site) -> None:
    paused = site.ask("PATCH", "/v1/destinations", {"url": URL, "paused": True, "rate_limit": 2.5}).json()
    assert (paused["url"], paused["state"], paused["rate_limit"]) == (
        "https://hooks.example.com:443",
        "paused",
        2.5,
    )
    assert site.ask("GET", "/v1/destinations").json() == {"destinations": [paused]}
    resumed = site.ask("PATCH", "/v1/destinations", {"url": URL, "paused": False}).json()
    assert (resumed["state"], resumed["rate_limit"]) == ("healthy", 2.5)
    free = site.ask("PATCH", "/v1/destinations", {"url": URL, "rate_limit": None}).json()
    assert free["rate_limit"] is None
    [row] = wait(destinations.list_all(site.desk, 1))
    assert not row.order


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"paused": True}, "url"),
        ({"url": "ftp://a", "paused": True}, "url"),
        ({"url": URL}, "paused"),
        ({"url": URL, "rate_limit": 0}, "rate_limit"),
        ({"url": URL, "paused": None}, "paused"),
    ],
    ids=str,
)
def test_a_wrong_order_is_named(site: Site, body: dict[str, Any], field: str) -> None:
    answer = site.ask("PATCH", "/v1/destinations", body)
    assert (answer.status, answer.json()["error"]["field"]) == (400, field)


def test_all_calls_of_a_key_count_together_and_beyond_its_limit_nothing_is_done(site: Site) -> None:
    for n in range(CALLS):
        assert site.ask("GET", "/v1/rules" if n % 2 else "/v1/templates").status == 200

    refused = site.options(profile="standard")
    assert (refused.status, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "1"

    site.desk.clock.ms += 1000
    assert site.ask("GET", f"/v1/templates/{site.template}").json()["options"]["profile"] == "css"
