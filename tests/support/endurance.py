"""What a server must still be able to show after it went through a lot."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable

from support.fickle_receiver import FickleReceiver
from support.load import Load
from support.server import AirhookServer

UNSETTLED_MAX = 64  # attempts sent whose outcome is not committed: so many a crash may repeat
DRAINED_WITHIN_S = 120


def kill_again_and_again(server: AirhookServer, load: Load, kills: int, chance: random.Random) -> None:
    """Kill it at random moments while the load goes on, and start it again."""
    for _ in range(kills):
        time.sleep(chance.uniform(0.1, 1.2))
        server.kill()
        server.start()
        _goes_on(load)


def _goes_on(load: Load) -> None:
    before = len(load.accepted)
    wait_until(lambda: len(load.accepted) > before, 20, "the load goes on")


def drained(server: AirhookServer, within_s: float = DRAINED_WITHIN_S) -> None:
    """Wait until every push is closed and every delivery has ended."""
    wait_until(lambda: _left(server) == (0, 0), within_s, "everything is delivered")


def prove(
    server: AirhookServer, load: Load, *receivers: FickleReceiver, crashes: int
) -> Counter[tuple[int, int]]:
    """Nothing is lost, no more is repeated than may be, the order is kept; how often each id came.

    Server and receivers have ended. An attempt that is cut off on a kept connection is sent again on a fresh one, since
    the receiver may have closed it before the request came.
    """
    came = Counter(one for receiver in receivers for one in receiver.ids())
    lost = load.accepted - set(came)
    assert not lost, f"{len(lost)} of {len(load.accepted)} accepted events did not arrive: {sorted(lost)[:5]}"
    repeats = crashes * UNSETTLED_MAX + sum(receiver.cut for receiver in receivers)
    files = [option for receiver in receivers for option in ("--received", str(receiver.file))]
    done = server.cli("verify", *files, "--repeats", str(repeats), "--json", check=False)
    report = json.loads(done.stdout)
    assert report["ok"], f"{report['totals']}: {report['findings'][:10]}"
    assert report["counted"]["unsettled"] == 0
    assert report["counted"]["received"] == came.total()
    return came


def wait_until(done: Callable[[], bool], within_s: float, what: str) -> None:
    deadline = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.05)


def _left(server: AirhookServer) -> tuple[int, int]:
    [(deliveries,)] = server.rows("SELECT count(*) FROM deliveries")
    [(pushes,)] = server.rows("SELECT count(*) FROM sessions WHERE state <> 'closed'")
    return deliveries, pushes
