"""500 events a second for ten minutes, a part of them to a receiver that misbehaves: memory and open files stay flat."""

import os
import time
from pathlib import Path

from support.endurance import drained, prove
from support.fickle_receiver import FickleReceiver
from support.load import Load
from support.server import DOMAIN, KEY

PER_S = 500
SAMPLE_EVERY_S = 1
VERIFY_EVERY = 40  # samples
WARM_PART = 0.25  # of the run, until caches and pools have their size
MIB = 1024 * 1024
GROWTH_MAX_MIB = 24
FILES_MORE = 100  # connections come and go


def test_a_long_run_leaks_nothing(server, seconds, tmp_path):
    with (
        FickleReceiver(tmp_path / "well.jsonl", KEY) as well,
        FickleReceiver(tmp_path / "sick.jsonl", KEY, part=0.05) as sick,
    ):
        server.set_up(well, window_s=2)
        urls = ["--begin-url", sick.url("/begin"), "--end-url", sick.url("/end")]
        template = server.json("template", "add", "sick", *urls, "--key", KEY, "--json")
        server.cli("rule", "add", DOMAIN, str(template["id"]), "--app", "sick")
        server.start()
        samples = []
        with Load(server, per_s=PER_S, callers=8, sick=1) as load:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                time.sleep(SAMPLE_EVERY_S)
                samples.append(measured(server.process.pid))
                if len(samples) % VERIFY_EVERY == 0:
                    server.cli("verify")  # beside the running server; it fails when it finds anything
        drained(server)
        server.stop()
    print(
        f"{len(load.accepted)} events, {load.pushed} pushes; MiB and files: {samples[:: max(1, len(samples) // 20)]}"
    )
    prove(server, load, well, sick, crashes=0)
    assert len(load.accepted) > 0.8 * PER_S * seconds
    warm = samples[int(len(samples) * WARM_PART) :]
    half = len(warm) // 2
    for what, more, (before, after) in (
        ("MiB", GROWTH_MAX_MIB, [max(one[0] for one in part) for part in (warm[:half], warm[half:])]),
        ("files", FILES_MORE, [max(one[1] for one in part) for part in (warm[:half], warm[half:])]),
    ):
        assert after <= before + more, f"{what} grew from {before} to {after}"


def measured(pid: int) -> tuple[int, int]:
    """MiB of memory and open files of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - a count is enough
    return pages * 4096 // MIB, files
