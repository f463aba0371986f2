"""A replay whose process is killed again and again: everything is sent again, and nothing is made twice."""

import json
import random
import time
from collections import Counter

from airhook.control.events import MAX_BATCH
from support.caller import push_event, report
from support.endurance import UNSETTLED_MAX, drained, wait_until
from support.receiver import Receiver
from support.server import AirhookServer

EVENTS = 800
RATE = 150  # a second: five seconds of work
KILLS = 3
SOON_S = 60


def test_kills_at_random_moments_neither_lose_nor_double_what_a_replay_makes(
    server: AirhookServer, receiver: Receiver
) -> None:
    server.settings["AIRHOOK_DELIVERY__UNSETTLED_MAX"] = str(UNSETTLED_MAX)
    server.set_up(receiver)
    server.start()
    pushes = [push_event(f"e{n}", stream=f"room{n}", sequence=n + 1) for n in range(EVENTS)]
    for at in range(0, EVENTS, MAX_BATCH):
        assert report(server, *pushes[at : at + MAX_BATCH])[0] == 200
    drained(server)
    before = len(receiver.requests)
    replay = server.json("replay", "add", "--event-type", "1", "--rate", str(RATE), "--json")["id"]
    chance = random.Random(11)
    killed_at = [_kill_in_the_middle(server, replay, chance) for _ in range(KILLS)]
    assert any(0 < made < EVENTS for made in killed_at), f"it was never in the middle: {killed_at}"

    def over() -> bool:
        return bool(server.json("replay", "show", replay, "--json")["state"] == "done")

    wait_until(over, SOON_S, "the replay is over")
    shown = server.json("replay", "show", replay, "--json")
    assert (shown["counted"], shown["made"], shown["delivered"]) == (EVENTS, EVENTS, EVENTS)
    server.stop()
    server.cli("verify")
    assert made_of_each(server) == Counter(dict.fromkeys(firsts(server), 1))
    came = Counter(body["sequence"] for body in receiver.json_bodies()[before:])
    assert set(came) == {str(n + 1) for n in range(EVENTS)}
    assert came.total() <= EVENTS + KILLS * UNSETTLED_MAX


def _kill_in_the_middle(server: AirhookServer, replay: str, chance: random.Random) -> int:
    """Kill it at a random moment, once it goes on, and start it again; how much was made by then."""
    begun = server.json("replay", "show", replay, "--json")["made"]

    def goes_on() -> bool:
        now = server.json("replay", "show", replay, "--json")
        return bool(now["made"] > begun or now["state"] == "done")

    wait_until(goes_on, SOON_S, "the replay goes on")
    time.sleep(chance.uniform(0, 0.4))
    server.kill()
    made: int = server.json("replay", "show", replay, "--json")["made"]
    server.start()
    return made


def exported(server: AirhookServer) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in server.cli("records", "--export", "jsonl").stdout.splitlines()]


def firsts(server: AirhookServer) -> list[str | None]:
    return [one["id"] for one in exported(server) if one["repeat_of"] is None]


def made_of_each(server: AirhookServer) -> Counter[str | None]:
    return Counter(one["repeat_of"] for one in exported(server) if one["repeat_of"] is not None)
