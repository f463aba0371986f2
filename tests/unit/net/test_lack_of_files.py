"""No file can be opened: the ports cost nothing meanwhile, and those who wait are served when there are files again."""

import contextlib
import json
import queue
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from support import rtmp_bytes as raw

SOON_S = 30
MEASURED_S = 1.0
CROWD = 40
GET = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
SAYS = {"http": GET, "rtmp": raw.HANDSHAKE}
HEARS = {"http": b"hello", "rtmp": b"\3"}


class Ports:
    """The process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self.lines: queue.Queue[str] = queue.Queue()
        self.ears = threading.Thread(target=self._hear, args=(process.stdout,))
        self.ears.start()
        self.numbers: dict[str, int] = json.loads(self.line())
        self._before = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)

    def _hear(self, said: Iterable[str]) -> None:
        for line in said:
            self.lines.put(line.strip())

    def line(self) -> str:
        """The next one that it prints or logs; waits for it."""
        return self.lines.get(timeout=SOON_S)

    def take_files(self) -> None:
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (3, self._before[1]))

    def give_files(self) -> None:
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, self._before)

    def loop_s(self) -> float:
        """Processor time of the event loop, which is the main thread's."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[0]) / 1e9

    def call(self, kind: str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.numbers[kind]), SOON_S)
        connection.sendall(SAYS[kind])
        return connection


@pytest.fixture
def ports():
    command = [sys.executable, "-m", "support.talking_ports"]
    where = Path(__file__).parents[2]
    with subprocess.Popen(
        command, cwd=where, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            ports = Ports(process)
            yield ports
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(SOON_S) == 0
        finally:
            process.kill()
        ports.ears.join(SOON_S)
        assert ports.lines.empty(), "each is said once"


def answer(connection: socket.socket, kind: str) -> bytes:
    said = b""
    while HEARS[kind] not in said:
        said += connection.recv(4096) or pytest.fail(f"the connection was closed after {said!r}")
    return said


@pytest.mark.parametrize("kind", ["http", "rtmp"])
def test_a_port_rests_without_files_and_loses_nobody(ports, kind):
    with contextlib.ExitStack() as stack:
        early = stack.enter_context(ports.call(kind))
        answer(early, kind)
        ports.take_files()
        crowd = [stack.enter_context(ports.call(kind)) for _ in range(CROWD)]
        assert ports.line() == (
            f"no {kind.upper()} connection can be accepted: Too many open files; those that come wait"
        )
        before = ports.loop_s()
        time.sleep(MEASURED_S)  # what it does meanwhile is measured
        used = (ports.loop_s() - before) / MEASURED_S
        assert used < 0.05, f"it takes {used:.2f} of a core"
        ports.give_files()
        for connection in crowd:
            answer(connection, kind)
        assert ports.line().startswith(f"{kind.upper()} connections are accepted again, after ")
