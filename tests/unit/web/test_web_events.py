"""``POST /v1/events`` over a real HTTP server and the real store: who may call, what is answered, how much is read."""

import asyncio
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.types import Receive, Scope, Send

from airhook.control import bearer
from airhook.control.bearer import KeyRing
from airhook.control.events import MAX_BATCH, Events
from airhook.core.domains import Domain
from airhook.core.errors import UnavailableError
from airhook.core.sessions import NodeIdentity
from airhook.delivery.plan import Planner
from airhook.dialects import css
from airhook.web.app import create_app
from airhook.web.events import MAX_BODY_BYTES, PATH, EventsApi
from airhook.web.faces import create_faces
from airhook.web.v1.calls import CallLimit
from support.desk import NOW_MS, TestDesk, add_account, open_desk, wait
from support.http_server import Answer, Browser, grow, serve, serve_port

DOMAIN = "push.example.com"
CALLS = 60  # that a key may make a second; the clock stands still
DATA = {"class": "Blur", "score": 37.5, "transcode_template_id": 1}


class Site:
    """The port over a desk; ``token`` is a key of account 1."""

    def __init__(self, desk: TestDesk) -> None:
        self.desk = desk
        self.account = add_account(desk, 1)
        self.other = add_account(desk, 2, "other")
        wait(desk.change(lambda tx: tx.put_domain(Domain(name=DOMAIN, account_id=self.account))))
        self.token = self.new_token(self.account, "first")
        self.events = Events(
            desk.store,
            desk.config,
            Planner(desk.ids, css.render),
            desk.clock,
            NodeIdentity(id="n", ip="192.0.2.1", set_id=1, idc_id=0),
        )
        self.address = ""

    def new_token(self, account_id: int, name: str) -> str:
        return wait(bearer.create_bearer_key(self.desk, account_id, name))[0]

    def api(self) -> EventsApi:
        limit = CallLimit(self.desk.clock, CALLS, "v1.events_rate_limit")
        return EventsApi(self.events, KeyRing(self.desk.store, self.desk.clock), limit)

    def post(self, body: bytes | Any, authorization: str | None = None) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = f"Bearer {self.token}" if authorization is None else authorization
        return Browser(self.address).ask("POST", PATH, raw, {"Authorization": given})


class Nobody:
    def is_mine(self, _: Any) -> bool:
        return False

    async def handle(self, request: Any) -> Any:
        raise AssertionError(f"{request} is not the cloud API's")


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nobody asks the console")


async def ready() -> list[str]:
    return []


@pytest.fixture(params=["application", "at once"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """Called through the application, and as ``airhook serve`` lets in those whose keys it knows."""
    with open_desk(tmp_path) as desk:
        site = Site(desk)
        api = site.api()
        app = create_app(faces=create_faces(cloud_api=Nobody(), console=nothing), events_api=api, ready=ready)
        with serve(app) if request.param == "application" else serve_port(app, {PATH: api}) as site.address:
            if request.param == "at once":
                site.post({})  # makes its key known
            yield site


def sent(event_id: str = "e1", **changes: Any) -> dict[str, Any]:
    values = {
        "id": event_id, "domain": DOMAIN, "app": "live", "stream": "room", "event_type": 343,
        "occurred_at": NOW_MS, "data": DATA,
    }  # fmt: skip
    return {**values, **changes}


def test_one_event(site: Site) -> None:
    first, again, other = site.post(sent()), site.post(sent()), site.post(sent(stream="other"))

    shown = {"id": "e1", "event_type": 343, "accepted_at": NOW_MS, "deliveries": 0, "duplicate": False}
    assert (first.status, first.json()) == (200, shown)
    assert first.headers["content-type"] == "application/json"
    assert (again.status, again.json()) == (200, {**shown, "duplicate": True})
    assert (other.status, other.json()["error"]["code"]) == (409, "conflict")


def test_a_list_has_an_answer_for_each_event(site: Site) -> None:
    answer = site.post(
        [sent("a"), sent("b", data={}), sent("c", domain="x.example.com"), sent("a", stream="o")]
    )

    assert answer.status == 200
    a, b, c, d = answer.json()["results"]
    assert (a["id"], a["duplicate"]) == ("a", False)
    assert b == {
        "id": "b",
        "error": {"code": "invalid", "message": "data.class: is required", "field": "data.class"},
    }
    assert c["error"] == {"code": "not_found", "message": "push domain x.example.com does not exist"}
    assert d["error"]["code"] == "conflict"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        pytest.param(b"", 400, "body", id="nothing"),
        pytest.param(b"[", 400, "body", id="half a list"),
        pytest.param(b"[]", 400, "body", id="an empty list"),
        pytest.param([sent()] * (MAX_BATCH + 1), 400, "body", id="too many at once"),
        pytest.param(b"\xff\xfe", 400, "body", id="no text"),
        pytest.param(b"[" * 100_000, 400, "body", id="nested without end"),
        pytest.param(sent(event_type=5), 400, "event_type", id="unknown type"),
        pytest.param(sent(data={**DATA, "score": "high"}), 400, "data.score", id="a text as number"),
        pytest.param(
            json.dumps(sent(app="APP")).replace("APP", "\\ud800").encode(), 400, "body", id="a surrogate"
        ),
        pytest.param(sent(data={**DATA, "class": "a\0b"}), 400, "data.class", id="NUL"),
        pytest.param(
            sent(data={**DATA, "transcode_template_id": 10**40}), 400, "data.transcode_template_id", id="huge"
        ),
    ],
)
def test_what_is_wrong_is_told(site: Site, body: Any, status: int, field: str) -> None:
    answer = site.post(body)
    assert (answer.status, answer.json()["error"].get("field")) == (status, field)
    assert answer.json()["error"]["message"].startswith(f"{field}: ")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer ahk_",
        "Bearer ahk_" + "a" * 40,
        "Basic {token}",
        "{token}",
        "Bearer {token}x",
    ],
)
def test_without_a_valid_key_nobody_comes_in(site: Site, authorization: str) -> None:
    answer = site.post(sent(), authorization.format(token=site.token))
    assert (answer.status, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == 'Bearer realm="airhook"'
    assert site.post(sent()).json()["duplicate"] is False


@pytest.mark.parametrize("kind", ["bearer", "BEARER"])
def test_the_kind_of_key_is_written_in_any_case(site: Site, kind: str) -> None:
    assert site.post(sent(), f"{kind} {site.token}").status == 200


def test_a_disabled_key_is_refused_within_a_second(site: Site) -> None:
    assert site.post(sent()).status == 200
    wait(bearer.enable_bearer_key(site.desk, site.account, "first", enabled=False))
    site.desk.clock.ms += 1000
    assert site.post(sent()).status == 401
    wait(bearer.enable_bearer_key(site.desk, site.account, "first", enabled=True))
    site.desk.clock.ms += 1000
    assert site.post(sent()).status == 200


def test_another_account_s_key_reaches_its_own_domains_only(site: Site) -> None:
    token = site.new_token(site.other, "theirs")
    answer = site.post(sent(), f"Bearer {token}")
    assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found")


def test_other_methods_are_told_which_one_it_is(site: Site) -> None:
    answer = Browser(site.address).get(PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_a_body_announced_as_too_large_is_refused_unread(site: Site) -> None:
    connection = http.client.HTTPConnection(site.address, timeout=10)
    connection.putrequest("POST", PATH)
    connection.putheader("Authorization", f"Bearer {site.token}")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()
    answer = Answer(connection.getresponse())
    connection.close()
    assert (answer.status, answer.json()["error"]["code"]) == (413, "content_too_large")


def test_a_body_that_grows_too_large_is_refused_on_the_way(site: Site) -> None:
    answer = grow(site.address, PATH, MAX_BODY_BYTES + 1, Authorization=f"Bearer {site.token}")
    assert (answer.status, answer.json()["error"]["code"]) == (413, "content_too_large")


def test_a_body_of_the_largest_size_is_taken_in_pieces(site: Site) -> None:
    event = json.dumps(sent()).encode()
    assert site.post(event + b" " * (MAX_BODY_BYTES - len(event))).status == 200


def test_while_nothing_can_be_committed_callers_are_told_to_come_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> "asyncio.Future[Any]":
        failed = asyncio.get_running_loop().create_future()
        failed.set_exception(UnavailableError("The disk is full. Nothing was accepted; try again."))
        return failed

    assert site.post(sent()).status == 200
    with monkeypatch.context() as patch:
        patch.setattr(site.desk.store, "submit", fail)
        known = site.post(sent("e2"))
        site.desk.clock.ms += 1000
        unknown = site.post(sent("e3"))
    for answer in (known, unknown):
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"] == {
            "code": "unavailable", "message": "The disk is full. Nothing was accepted; try again.",
        }  # fmt: skip
    assert site.post(sent("e2")).json()["duplicate"] is False


def test_a_key_is_looked_up_once_a_second_not_for_each_call(site: Site) -> None:
    asked = []

    class Counting:
        async def read(self, work: Any) -> Any:
            asked.append(work)
            await asyncio.sleep(0)
            return await site.desk.store.read(work)

    store: Any = Counting()
    ring = KeyRing(store, site.desk.clock)

    async def at_once() -> list[int | None]:
        return await asyncio.gather(*(ring.account_of(site.token) for _ in range(20)))

    assert wait(at_once()) == [site.account] * 20
    assert len(asked) == 1


def test_every_answer_of_the_documents_is_true(site: Site) -> None:
    text = (Path(__file__).parents[3] / "docs/events.md").read_text()
    shown = msgspec.json.decode(next(line for line in text.splitlines() if line.startswith('{"id":')))
    assert site.post(sent()).json().keys() == shown.keys()
    for code in ("invalid", "unauthorized", "not_found", "conflict", "content_too_large", "unavailable"):
        assert f"`{code}`" in text


def test_a_key_that_calls_too_often_is_asked_to_wait(site: Site) -> None:
    eager = f"Bearer {site.new_token(site.account, 'eager')}"
    assert {site.post(sent(), eager).status for _ in range(CALLS)} == {200}

    refused = site.post(sent("more"), eager)
    assert (refused.status, refused.json()["error"]["code"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"] == "1"
    assert "key eager may make 60 calls a second" in refused.json()["error"]["message"]
    assert "v1.events_rate_limit" in refused.json()["error"]["message"]
    assert site.post(sent()).status == 200, "others are none of its business"

    site.desk.clock.ms += 1000
    assert site.post(sent("more"), eager).json()["duplicate"] is False
