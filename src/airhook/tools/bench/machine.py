"""What the machine is, and what it can do by itself: the figures that a run is compared with."""

import os
import platform
import sqlite3
import statistics
import time
from pathlib import Path
from typing import Any

import pycurl

from airhook import __version__

FSYNC_ROUNDS = 200
FSYNC_MAX_S = 3.0
FSYNC_BYTES = 4096
MB = 1024 * 1024


class Fsyncs:
    """Times of 4 KiB appended and synced in ``folder``. Probe before, between and after what is measured."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fsync-probe"
        self._ms: list[float] = []

    def probe(self, rounds: int = FSYNC_ROUNDS) -> None:
        until = time.monotonic() + FSYNC_MAX_S
        block = os.urandom(FSYNC_BYTES)
        with self._path.open("wb", buffering=0) as file:
            for _ in range(rounds):
                began = time.perf_counter()
                file.write(block)
                os.fsync(file.fileno())
                self._ms.append((time.perf_counter() - began) * 1000)
                if time.monotonic() > until:
                    break
        self._path.unlink()

    @property
    def p50_ms(self) -> float:
        return percentile(self._ms, 50)

    @property
    def p99_ms(self) -> float:
        return percentile(self._ms, 99)


def percentile(values: list[float], part: float) -> float:
    """The value below which ``part`` percent of ``values`` lie (nearest rank); they must not be empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(len(ordered) * part) // 100) - 1))]


def median(values: list[float]) -> float:
    return statistics.median(values)


def rss_mb(pid: int | None = None) -> float:
    """Resident memory of a process now; of this one without ``pid``."""
    return _status(pid)["VmRSS"] / 1024


def peak_rss_mb(pid: int | None = None) -> float:
    """The most that it ever had."""
    return _status(pid)["VmHWM"] / 1024


def cpu_s(pid: int) -> float:
    """Processor time that a process has used up to now, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def described() -> dict[str, Any]:
    """Machine and versions, for whoever compares figures."""
    return {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "load_1min": round(os.getloadavg()[0], 2),
            "memory_mb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MB),
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {
            "airhook": __version__,
            "python": platform.python_version(),
            "libcurl": pycurl.version_info()[1],
            "sqlite": sqlite3.sqlite_version,
        },
    }


def _status(pid: int | None) -> dict[str, int]:
    lines = Path(f"/proc/{pid or 'self'}/status").read_text("utf-8").splitlines()
    pairs = (line.split()[:2] for line in lines if line.endswith(" kB"))
    return {name.rstrip(":"): int(value) for name, value in pairs}


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
