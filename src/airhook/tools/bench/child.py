"""A child process that answers one line for each line it is told; it ends when its standard input does."""

import contextlib
import subprocess
import sys
from types import TracebackType
from typing import Self

from airhook.core.errors import AirhookError

STOP_WITHIN_S = 10.0


class Child:
    """A module of ours as a process of its own, a context manager. ``first`` is the first line that it says."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._name = module
        try:
            self.first = self._listen()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ask(self, question: str) -> str:
        """Raises ``AirhookError`` when the child is gone."""
        assert self._process.stdin
        try:
            self._process.stdin.write(question + "\n")
            self._process.stdin.flush()
        except OSError:
            raise AirhookError(f"{self._name} has ended by itself") from None
        return self._listen()

    def stop(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(OSError):  # it is gone, and a question is left in the buffer
                    stream.close()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise AirhookError(f"{self._name} has ended by itself")
        return line.rstrip("\n")
