"""``airhook records`` on a real store, without a server."""

import csv
import io
import json
from pathlib import Path

import pytest

from airhook.storage.secretbox import load_secret_key
from airhook.storage.sqlite import open_store
from airhook.storage.sqlite import search as sqlite_search
from support.storage import SetClock, accept, delivered, delivery, event, settle


@pytest.fixture
def filled(ready):
    """Three deliveries of the first account; the first one has arrived."""
    folder = Path("airhook-data")
    clock = SetClock()
    store = open_store(folder, clock, secret_key=load_secret_key(folder / "secret.key"))
    try:
        account_id = store.load_config(0).accounts[0].id
        stored = []
        for n in range(3):
            made = event(f"e{n}", account_id=account_id, stream=f"room{n}")
            stored += accept(store, made, delivery(made))
        settle(store, delivered(stored[0]))
    finally:
        store.close()
    return stored


def test_a_table_for_people(ready, filled):
    text = ready.ok("records")
    lines = text.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [str(one.id) for one in reversed(filled)]
    assert "push.example.com/live/room0" in lines[-1]
    assert "delivered" in lines[-1]


def test_a_narrow_terminal_has_two_lines_for_each(ready, filled):
    wide = ready.ok("records", COLUMNS="200").splitlines()
    lines = ready.ok("records", COLUMNS="100").splitlines()
    assert len(wide) == 1 + len(filled)
    assert max(map(len, lines)) <= 100
    assert [line.split()[0] for line in lines[1::2]] == [str(one.id) for one in reversed(filled)]
    assert [line.split() for line in lines[2::2]] == [
        [f"push.example.com/live/{one.stream}", one.url] for one in reversed(filled)
    ]


def test_the_help_tells_the_words_that_may_be_asked_for(ready):
    text = " ".join(ready.ok("records", "--help").split())
    assert "One of: held, pending, waiting, delivered, exhausted, cancelled." in text
    assert "bad_status" in text


def test_a_page_and_everything_are_two_things(ready, filled):
    result = ready.run("records", "--all", "--cursor", "5")
    assert result.exit_code == 2
    assert "--cursor goes on with a page" in result.stderr


def test_json_pages_for_scripts(ready, filled):
    first = ready.json("records", "--limit", "2")
    rest = ready.json("records", "--cursor", first["next"])
    ids = [one["id"] for one in first["deliveries"] + rest["deliveries"]]
    assert ids == [str(one.id) for one in reversed(filled)]


def test_all_of_it_instead_of_a_page(ready, filled):
    page = ready.json("records", "--limit", "1", "--all")
    assert [one["id"] for one in page["deliveries"]] == [str(one.id) for one in reversed(filled)]
    assert page["next"] is None


def test_half_of_an_answer_is_no_export(ready, filled, monkeypatch):
    """The index of a day is being made anew, and too much is left to be looked through."""
    monkeypatch.setattr(sqlite_search, "MAX_UNINDEXED", 0)
    assert "Not all can be searched yet" in ready.error("records", "--export", "csv", "--status", "200")
    assert "Not all can be searched yet" in ready.error("records", "--all", "--status", "200")
    assert "not searched yet" in ready.ok("records", "--status", "200")


def test_filters_and_nothing(ready, filled):
    assert [one["stream"] for one in ready.json("records", "--state", "pending")["deliveries"]] == [
        "room2",
        "room1",
    ]
    assert ready.ok("records", "--stream", "room9") == "Nothing is found.\n"


def test_files(ready, filled):
    rows = list(csv.DictReader(io.StringIO(ready.ok("records", "--export", "csv"))))
    assert [row["event_id"] for row in rows] == ["e2", "e1", "e0"]
    lines = ready.ok("records", "--export", "jsonl", "--event-id", "e1").splitlines()
    assert [json.loads(line)["event_id"] for line in lines] == ["e1"]


def test_a_mistake_is_named(ready, filled):
    assert "--since: 'noon' is no time" in ready.error("records", "--since", "noon")
    assert ready.error("records", "--id", "first") == "airhook: --id: must be a whole number, less than 2^63"
