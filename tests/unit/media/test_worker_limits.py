"""What a worker may take: beyond that it dies, or is told so, and it alone."""

import signal
import subprocess
import sys

import pytest


def run(script: str) -> "subprocess.CompletedProcess[str]":
    head = f"import sys; sys.path[:0] = {sys.path!r}\nfrom airhook.media.protocol import Limits\n"
    head += "from airhook.media.worker import limit, renew_cpu\n"
    return subprocess.run(
        [sys.executable, "-c", head + script], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_call_that_never_comes_back_ends_the_process():
    done = run("limit(Limits(cpu_burst_s=1))\nwhile True: pass")
    assert done.returncode == -signal.SIGXCPU


def test_work_that_comes_back_may_go_on_for_ever():
    done = run(
        "import time\nlimits = Limits(cpu_burst_s=1)\nlimit(limits)\n"
        "while time.process_time() < 2.5:\n    renew_cpu(limits)\nprint('done')"
    )
    assert done.stdout == "done\n", done


@pytest.mark.parametrize(
    ("limits", "greed", "error"),
    [
        ("memory_bytes=1 << 29", "bytes(1 << 30)", "MemoryError"),
        ("files=32", "[open('/dev/null') for _ in range(40)]", "Too many open files"),
    ],
)
def test_more_than_its_share_is_refused(limits, greed, error):
    done = run(f"import os\nlimit(Limits({limits}))\n{greed}")
    assert done.returncode != 0
    assert error in done.stderr
