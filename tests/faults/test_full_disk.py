"""A disk without room: callers are told to come again, nothing that was accepted is lost, and it goes on by itself."""

import resource
import urllib.error
import urllib.request

from support.endurance import drained, prove, wait_until
from support.load import Load

NO_ROOM = 4096  # bytes that a file may have: no page can be added to any
SOON_S = 45


def limit_files(server, bytes_):
    """How large the server's files may grow; what is larger cannot be written to beyond it."""
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (bytes_, hard))


def readiness(server):
    try:
        with urllib.request.urlopen(f"{server.http_url}/readyz", timeout=SOON_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_full_disk_refuses_callers_and_loses_nothing(server, fickle):
    server.set_up(fickle, window_s=1)
    server.start()
    with Load(server, per_s=300) as load:
        wait_until(lambda: len(load.accepted) > 200 and load.pushed > 2, SOON_S, "the load runs")
        limit_files(server, NO_ROOM)
        wait_until(lambda: load.refused >= 20, SOON_S, "callers are refused")
        accepted, pushed = set(load.accepted), load.pushed
        wait_until(lambda: load.refused >= 60, SOON_S, "callers are refused again")
        assert load.accepted == accepted
        assert readiness(server) == 503
        assert load.pushed <= pushed + 4, "but for goodbyes that were under way"
        limit_files(server, resource.RLIM_INFINITY)
        wait_until(lambda: len(load.accepted) > len(accepted) + 200, SOON_S, "the load goes on")
        wait_until(lambda: load.pushed > pushed + 8, SOON_S, "publishers are let in again")
        wait_until(lambda: readiness(server) == 200, SOON_S, "it is ready again")
    drained(server)
    server.stop()
    fickle.__exit__()
    # Outcomes that could not be written are kept, so that nothing is sent again.
    prove(server, load, fickle, crashes=0)


def test_a_crash_on_a_full_disk_loses_nothing(server, fickle):
    server.set_up(fickle, window_s=1)
    server.start()
    with Load(server, per_s=300) as load:
        wait_until(lambda: len(load.accepted) > 200, SOON_S, "the load runs")
        limit_files(server, NO_ROOM)
        wait_until(lambda: load.refused >= 20, SOON_S, "callers are refused")
        server.kill()
        server.start()
        accepted = len(load.accepted)
        wait_until(lambda: len(load.accepted) > accepted + 200, SOON_S, "the load goes on")
    drained(server)
    server.stop()
    fickle.__exit__()
    # All that was sent while no outcome could be written is sent again, which is bounded by delivery.unsettled_max.
    prove(server, load, fickle, crashes=4096 // 64)
