"""Stored deliveries of a healthy destination behind a long backlog of one that hangs (a part of ``bench recovery``)."""

import time
from pathlib import Path

from airhook.core.errors import AirhookError
from airhook.tools.bench import backlog, receiver
from airhook.tools.bench.serving import Serving

HEALTHY = 100
WITHIN_S = 120.0


def seconds(folder: Path, pending: int) -> float:
    """From the start of a server to the last of ``HEALTHY`` callbacks, with ``pending`` older ones that go nowhere."""
    with (
        receiver.own("hang", receiver.loopback(1)) as hung,
        receiver.own("record", receiver.loopback(1)) as good,
    ):
        config = backlog.prepare(folder, hung.urls + good.urls)
        backlog.fill(folder, config, pending, places=[0])
        backlog.fill(folder, config, HEALTHY, places=[1], first=pending + 1)
        with Serving(folder) as serving:
            while good.count() < HEALTHY:
                serving.check()
                if time.monotonic_ns() - serving.started_ns > WITHIN_S * 1e9:
                    raise AirhookError(
                        f"{good.count()} of {HEALTHY} callbacks arrived within {WITHIN_S:.0f} s"
                    )
                time.sleep(0.01)
            serving.kill()  # nobody waits for what hangs
        return (good.arrivals()[-1][1] - serving.started_ns) / 1e9
