"""``airhook serve`` as a child on a benchmark's folder: started, asked whether it is ready, killed or stopped by its pid."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from airhook.core.errors import AirhookError

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 30.0
LOG_TAIL = 2000  # characters


class Serving:
    """A context manager. ``started_ns`` is the monotonic time just before the process was made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "serve.log"
        (folder / "serve.json").unlink(missing_ok=True)  # a killed one has left it behind
        self.started_ns = time.monotonic_ns()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "airhook", "serve"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ready_s(self) -> float:
        """Wait until it says that it is ready; seconds since the start. Raises ``AirhookError`` with its log."""
        while not self._is_ready():
            self.check()
            if time.monotonic_ns() - self.started_ns > READY_WITHIN_S * 1e9:
                raise AirhookError(f"airhook serve is not ready after {READY_WITHIN_S:.0f} s: {self._said()}")
            time.sleep(0.005)
        return (time.monotonic_ns() - self.started_ns) / 1e9

    def answered_s(self, path: str) -> float:
        """Ask for a page of the ready server; seconds from the start to its answer. Raises ``OSError``."""
        with urllib.request.urlopen(f"http://{self._where()}{path}", timeout=READY_WITHIN_S) as answer:
            answer.read()
        return (time.monotonic_ns() - self.started_ns) / 1e9

    def check(self) -> None:
        """Raises ``AirhookError`` when it has ended by itself."""
        if self._process.poll() is not None:
            raise AirhookError(f"airhook serve ended with status {self._process.returncode}: {self._said()}")

    def kill(self) -> None:
        """End it without a chance to clean up (SIGKILL)."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM; returns when it is gone."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._where()}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError, KeyError):
            return False

    def _where(self) -> str:
        return str(json.loads((self._folder / "serve.json").read_text("utf-8"))["http"])

    def _said(self) -> str:
        return self._log.read_text("utf-8", "replace")[-LOG_TAIL:].strip()

    def _environment(self) -> dict[str, str]:
        """The user's own settings do not count here."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRHOOK_")}
        return {
            **kept,
            "AIRHOOK_DATA_DIR": str(self._folder),
            "AIRHOOK_CONFIG": os.devnull,
            "AIRHOOK_HTTP__LISTEN": "127.0.0.1:0",
            "AIRHOOK_RTMP__LISTEN": "127.0.0.1:0",
            "AIRHOOK_NODE__IP": "127.0.0.1",
            "AIRHOOK_TARGETS__ALLOW": "127.0.0.0/8",
            "AIRHOOK_LOG__LEVEL": "warning",
        }
