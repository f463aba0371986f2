"""A real disk without room: a small tmpfs, filled to its last byte and emptied again. Needs root."""

import pytest

from support.endurance import drained, prove, wait_until
from support.fickle_receiver import FickleReceiver
from support.load import Load
from support.server import KEY, AirhookServer
from support.small_disk import fill, small_disk

MEGABYTES = 48
SOON_S = 30


@pytest.fixture(name="server")
def _server(tmp_path):
    with small_disk(tmp_path / "disk", MEGABYTES) as folder:
        made = AirhookServer(
            folder, AIRHOOK_DELIVERY__SCHEDULES="0=100x1,1=100x1", AIRHOOK_LOG__LEVEL="error"
        )
        yield made
        made.stop()


def test_a_disk_that_is_full_again_and_again(server, tmp_path):
    with FickleReceiver(tmp_path / "received.jsonl", KEY) as fickle:
        server.set_up(fickle, window_s=1)
        server.start()
        with Load(server, per_s=300) as load:
            for round_ in range(3):
                accepted = len(load.accepted)
                wait_until(lambda: len(load.accepted) > accepted + 300, SOON_S, "callers are heard")  # noqa: B023
                refused = load.refused
                ballast = fill(server.folder)
                wait_until(lambda: load.refused >= refused + 40, SOON_S, "callers are refused")  # noqa: B023
                if round_ == 1:
                    server.kill()
                ballast.unlink()
                if round_ == 1:
                    server.start()
        drained(server)
        server.stop()
    prove(server, load, fickle, crashes=4096 // 64)
