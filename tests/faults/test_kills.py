"""Killed at random moments under load: what was accepted arrives, in order, and the records agree."""

import random

from support.endurance import UNSETTLED_MAX, drained, kill_again_and_again, prove
from support.load import Load

KILLS = 5


def test_kills_at_random_moments_lose_nothing(server, fickle):
    server.settings["AIRHOOK_DELIVERY__UNSETTLED_MAX"] = str(UNSETTLED_MAX)
    server.set_up(fickle, window_s=1)
    server.start()
    with Load(server, per_s=400) as load:
        kill_again_and_again(server, load, KILLS, random.Random(7))
    drained(server)
    server.stop()
    fickle.__exit__()
    came = prove(server, load, fickle, crashes=KILLS)
    assert load.pushed > 0
    assert len(came) > len(load.accepted), "pushes of publishers arrived too"
