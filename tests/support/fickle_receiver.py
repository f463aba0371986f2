"""A receiver in a process of its own that writes down what comes, and answers as badly as it is told.

``python fickle_receiver.py FILE KEY PART`` prints its port, then writes a line for each callback to FILE, in the form
of ``airhook listen --json``, and at its end how many connections it cut. PART of the answers (0 to 1) are no success: a wrong status, silence, a late answer, a
reset, or a closed connection.
"""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, Self, TextIO

import msgspec

from airhook.tools.listen import Callback, Listener

LATE_S = 1.5
STATUSES = (201, 204, 302, 404, 429, 500, 503)


class FickleListener(Listener):
    def __init__(self, key: str, part: float, file: TextIO) -> None:
        super().__init__("127.0.0.1", 0, key=key, on_callback=self._write)
        self._part = part
        self._file = file
        self._random = random.Random(1)
        self.cut = 0

    def _write(self, callback: Callback) -> None:
        self._file.write(msgspec.json.encode(callback.record()).decode() + "\n")

    async def _answer(self, connection: Any, number: int) -> None:
        bad = self._random.random() < self._part
        way = (
            self._random.choice(("status", "status", "status", "late", "silent", "reset", "close"))
            if bad
            else ""
        )
        if way == "silent":
            return
        if way == "late":
            await asyncio.sleep(LATE_S)
        if way in ("reset", "close"):
            self.cut += 1
        if way == "reset":
            connection._transport.abort()
        elif way == "close":
            connection.close()
        else:
            connection.answer(self._random.choice(STATUSES) if way == "status" else 200)


class FickleReceiver:
    """The process, for tests: a context manager with ``port`` and ``file``."""

    def __init__(self, file: Path, key: str, part: float = 0) -> None:
        self.file = file
        self.cut = 0  # connections closed instead of an answer; known at its end
        command = [sys.executable, __file__, str(file), key, str(part)]
        tests = Path(__file__).parent.parent
        path = os.pathsep.join([str(tests), str(tests.parent / "src")])
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it; what it has written is on the disk then."""
        said = self._process.communicate(timeout=10)[0]
        if said:
            self.cut = int(said)

    def ids(self) -> list[tuple[int, int]]:
        """(sequence, event_type) of everything that came, in order. Complete once the receiver has ended."""
        bodies = [msgspec.json.decode(line)["body"] for line in self.file.read_bytes().splitlines()]
        return [(int(body["sequence"]), body["event_type"]) for body in bodies]


async def _serve(file: TextIO, key: str, part: float) -> None:
    async with FickleListener(key, part, file) as listener:
        print(listener.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)  # until whoever started it is done
    print(listener.cut, flush=True)


def main() -> None:
    with open(sys.argv[1], "w", encoding="utf-8") as file:  # noqa: PTH123 - a short script
        asyncio.run(_serve(file, sys.argv[2], float(sys.argv[3])))


if __name__ == "__main__":
    main()
