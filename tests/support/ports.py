"""Ports that are named before they are listened on, for programs that must be told theirs; all others take port 0."""

import contextlib
import random
import socket
from pathlib import Path

_chance = random.SystemRandom()  # the workers of pytest-xdist share one seed


def free_port() -> int:
    """One of this machine that nobody else comes upon: it is below those that the kernel gives to whoever asks for any."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(100):
        port = _chance.randrange(min(10_000, lowest // 2), lowest)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")
