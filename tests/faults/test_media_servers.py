"""Airhook dies again and again while a media server goes on: every push that was let in has one start and one stop."""

import json
import random
import threading
from collections import Counter

from support.endurance import UNSETTLED_MAX, drained
from support.fake_srs import FakeSrs

KILLS = 2
STREAMS = 25


def test_kills_while_streams_start_and_stop(server, fickle):
    server.settings["AIRHOOK_DELIVERY__UNSETTLED_MAX"] = str(UNSETTLED_MAX)
    server.set_up(fickle, window_s=0)
    server.start()
    here = server.where["http"]
    with FakeSrs() as media_server:
        added = server.json("source", "add", "srs", "edge-1", "--api-url", media_server.api_url, "--json")
        media_server.hook_url = added["hook_url"]
        for kill in range(KILLS):
            goes_on = threading.Thread(target=_come_and_go, args=(media_server, kill))
            goes_on.start()
            server.kill()
            server.start(AIRHOOK_HTTP__LISTEN=here)
            goes_on.join(60)
            assert not goes_on.is_alive()
        for client in list(media_server.on):
            media_server.unpublish(client)
        drained(server)
        server.stop()
    fickle.__exit__()
    assert media_server.lost > 0, "hooks were lost, or this proves nothing"
    assert len(media_server.told) > STREAMS
    came = Counter(fickle.ids())
    by_push = {sequence: {kind for one, kind in came if one == sequence} for sequence, _ in came}
    assert set(map(frozenset, by_push.values())) == {frozenset({0, 1})}
    assert len(by_push) >= len(media_server.told)
    repeats = str(KILLS * UNSETTLED_MAX + fickle.cut)
    done = server.cli("verify", "--received", str(fickle.file), "--repeats", repeats, "--json", check=False)
    report = json.loads(done.stdout)
    assert report["ok"], report["findings"][:10]


def _come_and_go(media_server: FakeSrs, seed: int) -> None:
    """Streams begin, and half of them end, while whoever should hear of it dies."""
    chance = random.Random(seed)
    for number in range(STREAMS):
        client = None
        for _ in range(200):  # an encoder tries again
            client = media_server.publish(f"room{seed}-{number}")
            if client is not None:
                break
            threading.Event().wait(0.05)
        assert client is not None
        if chance.random() < 0.5:
            media_server.unpublish(chance.choice(list(media_server.on)))
