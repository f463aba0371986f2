"""Killed again and again at random moments under load, while the receiver misbehaves too."""

import random

from support.endurance import drained, kill_again_and_again, prove
from support.fickle_receiver import FickleReceiver
from support.load import Load
from support.server import KEY


def test_many_kills_lose_nothing(server, kills, tmp_path):
    with FickleReceiver(tmp_path / "received.jsonl", KEY, part=0.1) as fickle:
        server.set_up(fickle, window_s=1)
        server.start()
        with Load(server, per_s=400) as load:
            kill_again_and_again(server, load, kills, random.Random())
        drained(server)
        server.stop()
    prove(server, load, fickle, crashes=kills)
    assert load.pushed > kills / 5
