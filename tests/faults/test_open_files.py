"""No file can be opened any more: the server survives, and goes on when there are some again."""

import contextlib
import os
import resource
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from support.endurance import drained, prove, wait_until
from support.load import Load

SOON_S = 45
SPARE = 6  # files that may still be opened
NONE = 3  # so few that none can be opened, not even in the place of one that was closed


def open_files(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))  # noqa: PTH208 - a count is enough


def limit_open_files(server, files):
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (min(files, hard), hard))


def seconds_of_cpu(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def console_is_there(server):
    with urllib.request.urlopen(f"http://{server.where['http']}/console/sign-in", timeout=SOON_S) as answer:
        return answer.status == 200


def connected(server, where):
    host, _, port = server.where[where].rpartition(":")
    return socket.create_connection((host, int(port)), SOON_S)


@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "while the console is loaded"])
def test_without_files_the_server_survives_and_goes_on(server, fickle, loaded):
    server.set_up(fickle, window_s=1)
    server.start()
    with contextlib.ExitStack() as stack, Load(server, per_s=200) as load:
        if loaded:
            assert console_is_there(server)
            wait_until(lambda: len(load.accepted) > 100, SOON_S, "the load runs")
        crowd = []
        for files in (open_files(server) + SPARE, NONE):
            limit_open_files(server, files)
            for where in ("http", "rtmp"):
                crowd += [stack.enter_context(connected(server, where)) for _ in range(100)]
        began, busy = time.monotonic(), seconds_of_cpu(server)
        time.sleep(2)  # what it does meanwhile is measured
        assert server.process.poll() is None, server.log()[-3000:]
        used = (seconds_of_cpu(server) - busy) / (time.monotonic() - began)
        assert used < 0.3 or not loaded, f"it spins: {used:.2f} of a core"
        for one in crowd:
            one.close()
        limit_open_files(server, 65_536)
        accepted, pushed = len(load.accepted), load.pushed
        wait_until(lambda: len(load.accepted) > accepted + 200, SOON_S, "callers are heard again")
        wait_until(lambda: load.pushed > pushed + 4, SOON_S, "publishers are let in again")
        assert console_is_there(server)
    drained(server)
    server.stop()
    assert "Traceback" not in server.log(), "nothing has come to its end by it"
    fickle.__exit__()
    prove(server, load, fickle, crashes=0)


@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "while the console is loaded"])
def test_a_stop_without_files_ends_well(server, fickle, loaded):
    server.set_up(fickle)
    server.start()
    assert not loaded or console_is_there(server)
    limit_open_files(server, NONE)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(SOON_S) == 0
    assert "Traceback" not in server.log()
    assert server.log().count("event loop could not be closed") <= 1
