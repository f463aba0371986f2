"""``/v1/replays`` and ``resend``: what may be asked for, and what cannot be had as things stand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airhook.control import bearer, replays
from airhook.control.bearer import KeyRing
from airhook.core.deliveries import Delivery
from airhook.storage.sqlite import SqliteStore
from airhook.web.app import create_app
from airhook.web.faces import create_faces
from airhook.web.v1 import catalogue
from airhook.web.v1.operations import MAX_BODY_BYTES
from support.desk import NOW_MS, TestDesk, add_account, open_desk, wait
from support.http_server import Answer, Browser, serve
from support.storage import accept, delivered, delivery, event, settle

PATH = "/v1/replays"


class Site:
    """The port over a desk with a delivery that has ended, and one that has not."""

    def __init__(self, desk: TestDesk) -> None:
        self.desk = desk
        self.address = ""
        add_account(desk, 1)
        self.token = wait(bearer.create_bearer_key(desk, 1, "ci"))[0]
        self.ended, self.waiting = self._accept(1), self._accept(2)
        settle(self.store, delivered(self.ended))

    @property
    def store(self) -> SqliteStore:
        assert isinstance(self.desk.store, SqliteStore)
        return self.desk.store

    def _accept(self, n: int) -> Delivery:
        made = event(f"e{n}", account_id=1)
        [stored] = accept(self.store, made, delivery(made, id=self.desk.ids(), created_ms=NOW_MS))
        return stored

    def app(self) -> Any:
        routes = catalogue.routes(self.desk, KeyRing(self.desk.store, self.desk.clock))
        faces = create_faces(cloud_api=Any, console=Any, v1=routes)  # type: ignore[arg-type]
        return create_app(faces=faces, events_api=Any, ready=Any)  # type: ignore[arg-type]

    def post(self, path: str = PATH, body: Any = None) -> Answer:
        sent = b"" if body is None else json.dumps(body).encode()
        return Browser(self.address).ask("POST", path, sent, {"Authorization": f"Bearer {self.token}"})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_desk(tmp_path) as desk:
        made = Site(desk)
        with serve(made.app()) as made.address:
            yield made


@pytest.mark.parametrize("kind", [str, int])
def test_an_id_and_times_as_answers_have_them_may_be_asked_for(site: Site, kind: type) -> None:
    wanted = {"id": kind(site.ended.id), "since": NOW_MS - 1000, "until": "2026-01-16T00:00:00Z"}
    made = site.post(body={"wanted": wanted, "start": False})
    assert made.status == 200
    told = made.json()["wanted"]
    assert told == {"id": str(site.ended.id), "since": NOW_MS - 1000, "until": 1_768_521_600_000}
    assert site.post(body={"wanted": told, "start": False}).json()["wanted"] == told


@pytest.mark.parametrize(
    ("wanted", "field", "message"),
    [
        ({"id": "first"}, "wanted.id", "must be a whole number"),
        ({"status": "200"}, "wanted.status", "must be an integer"),
        ({"since": "today"}, "wanted.since", "use the form 2026-01-15T12:00:00Z"),
        ({"since": 10**18}, "wanted.since", "must lie between 1970 and the year 9999"),
        ({"since": True}, "wanted.since", "must be"),
        ({"destination": "here"}, "wanted.destination", "it has the form https://host:port"),
        ({"room": "1"}, "wanted.room", "known are id, event_id"),
    ],
)
def test_a_mistake_is_named_where_it_stands(
    site: Site, wanted: dict[str, Any], field: str, message: str
) -> None:
    answer = site.post(body={"wanted": wanted})
    error = answer.json()["error"]
    assert (answer.status, error["code"], error["field"]) == (400, "invalid", field)
    assert message in error["message"]


def test_what_cannot_be_sent_again_now_is_a_conflict(site: Site) -> None:
    answer = site.post(f"/v1/deliveries/{site.waiting.id}/resend")
    error = answer.json()["error"]
    assert (answer.status, error["code"], "field" in error) == (409, "conflict", False)
    assert "is pending: it goes out by itself" in error["message"]


def test_one_replay_too_many_is_a_conflict(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "MAX_OPEN", 1)
    body = {"wanted": {"stream": "room1"}, "start": False}
    assert site.post(body=body).status == 200
    answer = site.post(body=body)
    assert (answer.status, answer.json()["error"]["code"]) == (409, "conflict")
    assert "wait for them, or cancel some" in answer.json()["error"]["message"]


def test_deliveries_may_be_named_one_by_one(site: Site) -> None:
    made = site.post(body={"ids": [str(site.ended.id)], "start": False})
    assert made.status == 200
    assert (made.json()["ids"], made.json()["counted"]) == ([str(site.ended.id)], 1)
    for body, status, text in (
        ({"ids": [str(site.waiting.id)]}, 409, "it goes out by itself"),
        ({"ids": ["17"]}, 404, "17"),
        ({"ids": []}, 400, "ids"),
        ({"ids": ["first"]}, 400, "ids"),
        ({"ids": ["1"], "wanted": {"stream": "room1"}}, 400, "not both"),
        ({}, 400, "not both"),
    ):
        answer = site.post(body=body)
        assert (answer.status, text in answer.text) == (status, True), (body, answer.text)


def test_a_body_of_more_than_a_mebibyte_is_refused(site: Site) -> None:
    wanted = {"stream": "a" * MAX_BODY_BYTES}
    answer = site.post(body={"wanted": wanted})
    assert (answer.status, answer.json()["error"]["code"]) == (413, "content_too_large")
    assert answer.headers["connection"] == "close"
