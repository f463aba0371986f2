"""A server whose process stands still for longer than any of its deadlines, as in a machine that is paused: it goes on."""

import signal
import time

from support.endurance import drained, prove, wait_until
from support.load import Load

SOON_S = 45
TIMES = 2
STOPPED_S = (
    5  # longer than a request may take here, than the reconnect window, and than what makes a receiver slow
)


def test_a_process_that_stands_still_again_and_again_loses_nothing(server, fickle):
    server.set_up(fickle, window_s=1)
    server.start()
    with Load(server, per_s=300) as load:
        for _ in range(TIMES):
            accepted, pushed = len(load.accepted), load.pushed
            wait_until(lambda: len(load.accepted) > accepted + 200, SOON_S, "the load runs")  # noqa: B023
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(STOPPED_S)
            server.process.send_signal(signal.SIGCONT)
            wait_until(lambda: load.pushed > pushed + 8, SOON_S, "publishers are let in again")  # noqa: B023
    assert server.process.poll() is None
    drained(server)
    server.stop()
    fickle.__exit__()
    prove(server, load, fickle, crashes=0)
