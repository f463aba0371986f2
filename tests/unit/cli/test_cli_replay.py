"""``airhook replay`` and ``airhook resend`` on a real store, without a server that would do the work."""

import json

from airhook.control.notices import Notices
from airhook.core.clock import ID_LOW_BITS
from airhook.core.deliveries import ExhaustReason
from support.desk import NOW_MS, SetClock
from support.storage import delivery, event


def test_the_command_that_operators_are_told_after_an_outage_is_one(ready):
    notices = Notices(SetClock())
    for ms in (NOW_MS, NOW_MS + 1500):
        lost = delivery(event(f"e{ms}"), id=ms << ID_LOW_BITS, url="https://hooks.example.com:8443/begin")
        notices.exhausted(lost, ExhaustReason.ATTEMPTS)
    [told] = [one.data["replay"] for one in notices.take(everything=True) if one.type == "deliveries_lost"]
    name, *arguments = told["command"].split()
    assert name == "airhook"
    made = ready.json(*arguments, "--wait")
    assert made["state"] == "counting"
    assert made["wanted"] == {
        "destination": "https://hooks.example.com:8443",
        "state": "exhausted",
        "since": NOW_MS,
        "until": NOW_MS + 1501,
    }
    assert ready.json("replay", "list")[0]["id"] == made["id"]


def test_following_is_a_json_object_a_line(ready):
    made = ready.json("replay", "add", "--stream", "room1", "--wait")
    ready.json("replay", "cancel", made["id"])
    [line] = ready.ok("replay", "show", made["id"], "--follow", "--json").splitlines()
    told = json.loads(line)
    assert (told["id"], told["state"]) == (made["id"], "cancelled")
    assert told == ready.json("replay", "show", made["id"])


def test_a_list_of_replays_fits_a_terminal(ready):
    ready.json("replay", "add", "--stream", "room1", "--wait")
    assert max(map(len, ready.ok("replay", "list").splitlines())) <= 100


def test_verbs_tell_what_cannot_be(ready):
    made = ready.json("replay", "add", "--stream", "room1", "--wait")
    assert ready.json("replay", "cancel", made["id"])["state"] == "cancelled"
    assert (
        ready.error("replay", "resume", made["id"])
        == f"airhook: replay {made['id']} is cancelled; that can be done while it is counting or paused"
    )
    assert ready.error("replay", "show", 5) == "airhook: replay 5 does not exist"
    assert ready.error("resend", 5) == "airhook: delivery 5 does not exist"
