"""``GET /v1/deliveries`` and its export, over a real HTTP server and the real store."""

import asyncio
import csv
import io
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from airhook.control import bearer, search
from airhook.control.bearer import KeyRing
from airhook.control.turns import OF_ACCOUNT
from airhook.core.deliveries import Delivery, ErrorClass
from airhook.storage.sqlite import SqliteStore
from airhook.storage.sqlite import search as sqlite_search
from airhook.web.app import create_app
from airhook.web.faces import create_faces
from airhook.web.v1 import catalogue
from support.desk import TestDesk, add_account, open_desk, wait
from support.http_server import Answer, Browser, serve
from support.storage import accept, attempt, delivered, delivery, event, failed, settle

PATH = "/v1/deliveries"


class Site:
    """The port over a desk with deliveries of two accounts."""

    def __init__(self, desk: TestDesk) -> None:
        self.desk = desk
        self.tokens = {}
        self.deliveries: dict[int, list[Delivery]] = {}
        for account_id in (1, 2):
            add_account(desk, account_id, f"account {account_id}")
            self.tokens[account_id] = wait(bearer.create_bearer_key(desk, account_id, "first"))[0]
            self.deliveries[account_id] = [self._accept(account_id, n) for n in range(5)]
        settle(self.store, delivered(self.deliveries[1][0]), failed(self.deliveries[1][1]))
        self.address = ""

    @property
    def store(self) -> SqliteStore:
        assert isinstance(self.desk.store, SqliteStore)
        return self.desk.store

    def _accept(self, account_id: int, n: int) -> Delivery:
        made = event(f"e{n}", account_id=account_id, stream=f"room{n % 2}")
        planned = delivery(made, id=self.desk.ids(), created_ms=self.desk.clock.now_ms())
        [stored] = accept(self.store, made, planned)
        return stored

    def app(self) -> Any:
        routes = catalogue.routes(self.desk, KeyRing(self.desk.store, self.desk.clock))
        faces = create_faces(cloud_api=Nobody(), console=Any, v1=routes)  # type: ignore[arg-type]
        return create_app(faces=faces, events_api=Any, ready=ready)  # type: ignore[arg-type]

    def get(self, path: str = PATH, account_id: int = 1, **query: Any) -> Answer:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {"Authorization": f"Bearer {self.tokens[account_id]}"}
        return Browser(self.address).ask("GET", target, headers=headers)

    def ids(self, account_id: int = 1) -> list[str]:
        return [str(one.id) for one in reversed(self.deliveries[account_id])]


class Nobody:
    def is_mine(self, _: Any) -> bool:
        return False


async def ready() -> list[str]:
    return []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_desk(tmp_path) as desk:
        made = Site(desk)
        with serve(made.app()) as made.address:
            yield made


def found(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [one["id"] for one in answer.json()["deliveries"]]


def test_all_of_an_account_newest_first(site: Site) -> None:
    assert found(site.get()) == site.ids(1)
    assert found(site.get(account_id=2)) == site.ids(2)


def test_a_delivery_is_shown_with_what_came_of_it(site: Site) -> None:
    good, bad = site.deliveries[1][:2]
    [shown] = site.get(id=good.id).json()["deliveries"]
    assert shown["state"] == "delivered"
    assert (shown["event_id"], shown["stream"], shown["url"]) == ("e0", "room0", good.url)
    assert (shown["created_at"], shown["due_at"]) == (good.created_ms, None)
    assert shown["settled_at"] == site.desk.clock.now_ms()
    assert (shown["last_attempt"]["n"], shown["last_attempt"]["status"]) == (1, 200)
    assert shown["last_attempt"]["timings"]["total_ms"] == attempt(good).timings.total_ms
    [shown] = site.get(id=bad.id).json()["deliveries"]
    assert (shown["state"], shown["settled_at"], shown["last_attempt"]["error"]) == (
        "waiting",
        None,
        "bad_status",
    )


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"stream": "room1"}, [3, 1]),
        ({"state": "pending"}, [4, 3, 2]),
        ({"status": 500}, [1]),
        ({"error": "bad_status"}, [1]),
        ({"event_id": "e2"}, [2]),
        ({"destination": "HTTPS://hooks.example.com/any"}, [4, 3, 2, 1, 0]),
        ({"destination": "https://hooks.example.com:8443"}, []),
        ({"since": "2026-01-15T11:50:01Z", "stream": "room0"}, [4, 2, 0]),
        ({"since": 1_768_477_802}, []),
        ({"since": "9999-12-31T23:59:59Z"}, []),
        ({"until": "9999-12-31T23:59:59Z"}, [4, 3, 2, 1, 0]),
        ({"until": "1768477802000"}, [4, 3, 2, 1, 0]),
    ],
)
def test_each_value_is_asked_for_by_its_name(site: Site, query: dict[str, Any], places: list[int]) -> None:
    assert found(site.get(**query)) == [str(site.deliveries[1][place].id) for place in places]


def test_pages_follow_each_other(site: Site) -> None:
    first = site.get(limit=2).json()
    second = site.get(limit=3, cursor=first["next"]).json()
    assert [one["id"] for one in first["deliveries"] + second["deliveries"]] == site.ids(1)
    assert found(site.get(cursor=second["next"])) == []


def test_another_account_finds_nothing_by_an_id(site: Site) -> None:
    assert found(site.get(account_id=2, id=site.deliveries[1][0].id)) == []


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ({"strem": "room1"}, "strem", "is no query parameter; known are id, event_id, domain"),
        ({"state": "done"}, "state", "must be one of"),
        ({"status": "many"}, "status", "must be a whole number"),
        ({"since": "yesterday"}, "since", "is no time; use the form 2026-01-15T12:00:00Z"),
        ({"since": "nan"}, "since", "must lie between 1970 and the year 9999"),
        ({"since": "1_000"}, "since", "is no time"),
        ({"id": "1e5"}, "id", "must be a whole number"),
        ({"until": "inf"}, "until", "must lie between 1970 and the year 9999"),
        ({"until": "9" * 400}, "until", "must lie between 1970 and the year 9999"),
        ({"id": 2**63}, "id", "must be a whole number"),
        ({"event_type": 2**63}, "event_type", "must be a whole number"),
        ({"status": -1}, "status", "must be a whole number"),
        ({"since": 2000, "until": 1000}, "until", "must be after since"),
        ({"limit": 0}, "limit", "must be 1 to 500"),
        ({"limit": "ten"}, "limit", "must be a whole number"),
        ({"cursor": "-1"}, "cursor", "must be a whole number"),
        ({"destination": "hooks.example.com"}, "destination", "it has the form https://host:port"),
    ],
)
def test_a_mistake_is_named(site: Site, query: dict[str, Any], field: str, message: str) -> None:
    answer = site.get(**query)
    assert answer.status == 400
    assert answer.json()["error"]["field"] == field
    assert message in answer.json()["error"]["message"]


def test_a_parameter_twice_is_refused(site: Site) -> None:
    assert (
        site.get(f"{PATH}?stream=a&stream=b").json()["error"]["message"] == "stream: is given more than once"
    )


@pytest.mark.parametrize("path", [PATH, f"{PATH}/export"])
def test_only_who_has_a_key_is_answered(site: Site, path: str) -> None:
    answer = Browser(site.address).ask("GET", path)
    assert (answer.status, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert site.get(path).headers["cache-control"] == "no-store"


def test_another_method_is_told_what_is_possible(site: Site) -> None:
    answer = Browser(site.address).ask("DELETE", PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


def test_json_lines_are_the_objects_of_the_search(site: Site) -> None:
    answer = site.get(f"{PATH}/export", format="jsonl", stream="room1")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == site.get(stream="room1").json()[
        "deliveries"
    ]


def test_half_of_an_answer_is_no_export(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_search, "MAX_UNINDEXED", 0)
    answer = site.get(f"{PATH}/export", status=200)
    assert answer.status == 503
    assert "Try again in a minute" in answer.text


def test_csv_has_a_line_for_each(site: Site) -> None:
    answer = site.get(f"{PATH}/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="deliveries.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["id"] for row in rows] == site.ids(1)
    assert (rows[-1]["state"], rows[-1]["last_status"], rows[-1]["last_error"]) == ("delivered", "200", "")
    assert (rows[-2]["last_status"], rows[-2]["last_error"]) == ("500", "bad_status")
    assert rows[-1]["created_at"] == "2026-01-15T11:50:01.000Z"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_does_not_compute_what_a_receiver_said(site: Site, sign: str) -> None:
    one = site.deliveries[1][2]
    bad = failed(one)
    assert bad.attempt
    detail = f'{sign}HYPERLINK("http://evil.example")'
    settle(
        site.store,
        type(bad)(delivery=one, attempt=attempt(one, status=500, error=ErrorClass.BAD_STATUS,
                                                 error_detail=detail),
                  state=bad.state, due_ms=bad.due_ms),
    )  # fmt: skip
    answer = site.get(f"{PATH}/export", id=one.id)
    [row] = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert row["last_error_detail"] == "'" + detail


class SlowReader:
    """Asks for an export and reads its head alone."""

    def __init__(self, site: Site, account_id: int = 1) -> None:
        host, port = site.address.split(":")
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        head = f"GET {PATH}/export HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {site.tokens[account_id]}\r\n\r\n"
        self._socket.sendall(head.encode())
        self.status = int(self._socket.recv(12)[9:12])

    def leave(self) -> None:
        self._socket.close()


def test_exports_are_few_at_once_and_who_leaves_makes_room(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = asyncio.Event()

    async def stalled(*_: Any) -> AsyncIterator[list[Any]]:
        yield [newest]
        await endless.wait()

    [newest] = wait(search.page(site.store, 1, search.read({"id": site.ids(1)[0]}))).records
    monkeypatch.setattr(search, "everything", stalled)
    readers = [SlowReader(site) for _ in range(OF_ACCOUNT)]
    assert [reader.status for reader in readers] == [200] * OF_ACCOUNT
    refused = site.get(f"{PATH}/export")
    assert (refused.status, refused.json()["error"]["code"]) == (503, "unavailable")
    assert "exports are under way" in refused.json()["error"]["message"]
    assert refused.headers["retry-after"] == "1"
    others = SlowReader(site, account_id=2)
    assert others.status == 200
    readers.pop().leave()
    deadline = time.monotonic() + 10
    while (following := SlowReader(site)).status != 200:
        following.leave()
        assert time.monotonic() < deadline, "who has left still counts"
    for reader in (*readers, others, following):
        reader.leave()


def test_a_head_request_of_an_export_reads_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "EXPORTED_AT_ONCE", 1)
    asked = []
    read = site.store.read

    def counted(*arguments: Any, **options: Any) -> Any:
        asked.append(arguments)
        return read(*arguments, **options)

    monkeypatch.setattr(site.store, "read", counted)
    headers = {"Authorization": f"Bearer {site.tokens[1]}"}
    answer = Browser(site.address).ask("HEAD", f"{PATH}/export", headers=headers)
    assert (answer.status, answer.headers["content-type"], answer.text) == (
        200,
        "text/csv; charset=utf-8",
        "",
    )
    assert len(asked) <= 2  # the key, and the first page that says whether there is an answer
