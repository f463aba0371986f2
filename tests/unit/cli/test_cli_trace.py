"""``airhook trace`` on a real store, without a server."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from airhook.core.deliveries import Delivery
from airhook.storage.secretbox import load_secret_key
from airhook.storage.sqlite import open_store
from support.storage import (
    NOON_MS,
    SetClock,
    accept,
    delivered,
    delivery,
    event,
    failed,
    session,
    settle,
    transact,
)

PUSH = 3_000_000_000_000_000_007


@pytest.fixture
def one(ready) -> Delivery:
    """The start of a push, delivered at its second attempt."""
    folder = Path("airhook-data")
    store = open_store(folder, SetClock(), secret_key=load_secret_key(folder / "secret.key"))
    try:
        account_id = store.load_config(0).accounts[0].id
        transact(store, lambda tx: tx.insert_session(session(PUSH, account_id=account_id)))
        of = event(f"{PUSH}-1", account_id=account_id, session_id=PUSH)
        [stored] = accept(store, of, delivery(of, id=NOON_MS << 21, template_id=0))
        settle(store, failed(stored))
        settle(store, delivered(replace(stored, attempts=1)))
    finally:
        store.close()
    return stored


def test_a_delivery_for_people(ready, one):
    text = ready.ok("trace", one.id)
    assert text.splitlines() == [
        f"Push {PUSH} of push.example.com/live/room1 from 203.0.113.7, by rtmp: opening",
        "  started 2026-01-01T12:00:00.000Z, 0 bytes, 1 connections",
        f"Event {PUSH}-1 (type 1) of push.example.com/live/room1, rtmp",
        "  happened 2026-01-01T12:00:00.000Z, accepted 2026-01-01T12:00:00.000Z",
        f"Delivery {one.id} to {one.url}: delivered after 2 attempts",
        "  planned by configuration 3, to the URL of its task",
        "  #1 2026-01-01T12:00:00.000Z 500 bad_status: The answer was 500. (ms: dns 0.5, connect 1.5, first_byte 9, total 12)",
        "  #2 2026-01-01T12:00:00.000Z 200 (ms: dns 0.5, connect 1.5, first_byte 9, total 12)",
    ]


@pytest.mark.parametrize("name", [f"{PUSH}-1", str(PUSH)])
def test_an_event_and_a_push_lead_to_the_delivery(ready, one, name):
    text = ready.ok("trace", name)
    assert f"Push {PUSH}" in text
    assert f"Delivery {one.id} to {one.url}: delivered after 2 attempts" in text


def test_json_is_that_of_the_api(ready, one):
    shown = ready.json("trace", one.id)
    assert (shown["delivery"]["id"], shown["event"]["id"]) == (str(one.id), f"{PUSH}-1")
    assert [attempt["status"] for attempt in shown["attempts"]] == [500, 200]
    assert ready.json("trace", f"{PUSH}-1")["deliveries"][0]["id"] == str(one.id)
    assert ready.json("trace", PUSH)["events"][0]["event"]["id"] == f"{PUSH}-1"


def test_an_attempt_whose_request_is_gone_says_why(ready, one):
    text = ready.ok("trace", one.id, "--attempt", "1")
    assert "The request cannot be shown: The callback template is deleted" in text
    assert "HTTP/1.1 500\ncontent-type: application/json\n" in text
    assert ready.json("trace", one.id, "--attempt", "2")["request_lost"]["reason"] == "template_gone"


def test_what_is_not_there(ready):
    for name in ("77", "nothing"):
        assert (
            ready.error("trace", name)
            == f"airhook: a delivery, an event or a push with the id {name} does not exist"
        )
    assert ready.error("trace", "nothing", "--attempt", "1") == "airhook: delivery nothing does not exist"
