"""A real disk without room: a small tmpfs, filled to its last byte and emptied again. Needs root."""

import os
import subprocess

import pytest

from support.endurance import drained, prove, wait_until
from support.fickle_receiver import FickleReceiver
from support.load import Load
from support.server import KEY, AirhookServer

SIZE = "48m"
SOON_S = 30


@pytest.fixture(name="server")
def _server(tmp_path):
    assert os.geteuid() == 0, "mounting a tmpfs needs root: run the soak tests as root"
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=True)
    try:
        made = AirhookServer(
            folder, AIRHOOK_DELIVERY__SCHEDULES="0=100x1,1=100x1", AIRHOOK_LOG__LEVEL="error"
        )
        yield made
        made.stop()
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(ballast):
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            return


def test_a_disk_that_is_full_again_and_again(server, tmp_path):
    with FickleReceiver(tmp_path / "received.jsonl", KEY) as fickle:
        server.set_up(fickle, window_s=1)
        server.start()
        ballast = server.folder / "ballast"
        with Load(server, per_s=300) as load:
            for round_ in range(3):
                accepted = len(load.accepted)
                wait_until(lambda: len(load.accepted) > accepted + 300, SOON_S, "callers are heard")  # noqa: B023
                refused = load.refused
                fill(ballast)
                wait_until(lambda: load.refused >= refused + 40, SOON_S, "callers are refused")  # noqa: B023
                if round_ == 1:
                    server.kill()
                ballast.unlink()
                if round_ == 1:
                    server.start()
        drained(server)
        server.stop()
    prove(server, load, fickle, crashes=4096 // 64)
