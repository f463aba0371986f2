"""The demo's own server: a child process on free ports, in a folder that goes away with it."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from airhook.core.errors import AirhookError
from airhook.tools.stopping import send

READY_WITHIN_S = 30.0
STOPPED_WITHIN_S = 10.0
LOG_TAIL = 2000  # characters of the server's log that a failure shows


class DemoServer:
    """An asynchronous context manager: initialized and ready inside, stopped and removed after it."""

    def __init__(self) -> None:
        self.credentials: dict[str, Any] = {}
        self.http = ""  # HOST:PORT
        self.rtmp = ""

    async def __aenter__(self) -> Self:
        # Not in a thread: nobody would know of a folder that is made while Ctrl-C is heard.
        self._folder = Path(tempfile.mkdtemp(prefix="airhook-demo-"))
        self._child: asyncio.subprocess.Process | None = None
        try:
            self.credentials = await self.command("init", "--local", "--json")
            began = time.monotonic()
            self._child = await self._start("serve", output=self._log_path)
            await self._ready()
            self.start_s = time.monotonic() - began
        except BaseException:
            await self._clean_up()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._clean_up()

    async def command(self, *args: str) -> Any:
        """Run an ``airhook`` command on the demo's folder; give the JSON that it prints."""
        child = await self._start(*args)
        try:
            output, errors = await child.communicate()
        finally:
            await _end(child)  # Ctrl-C came: it must not write into a folder that is being removed
        if child.returncode:
            raise AirhookError(f"airhook {args[0]} failed: {errors.decode(errors='replace').strip()}")
        return json.loads(output)

    async def died(self) -> None:
        """Return when the server ends by itself."""
        assert self._child
        await self._child.wait()

    def log_tail(self) -> str:
        """The end of what the server wrote."""
        with contextlib.suppress(OSError):
            return self._log_path.read_text("utf-8", "replace")[-LOG_TAIL:].strip()
        return ""

    @property
    def _log_path(self) -> Path:
        return self._folder / "serve.log"

    async def _start(self, *args: str, output: Path | None = None) -> asyncio.subprocess.Process:
        with contextlib.ExitStack() as files:
            log = files.enter_context(output.open("wb")) if output else asyncio.subprocess.PIPE
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "airhook",
                *args,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops the server calmly
            )

    def _environment(self) -> dict[str, str]:
        """The user's own settings do not count here."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRHOOK_")}
        data = self._folder / "data"
        return {
            **kept,
            "AIRHOOK_DATA_DIR": str(data),
            "AIRHOOK_CONFIG": os.devnull,
            "AIRHOOK_HTTP__LISTEN": "127.0.0.1:0",
            "AIRHOOK_RTMP__LISTEN": "127.0.0.1:0",
            "AIRHOOK_NODE__IP": "127.0.0.1",
            "AIRHOOK_LOG__FORMAT": "text",
            # The blobs that the publisher shows get half of the detector's score, so the demo asks for less.
            "AIRHOOK_MEDIA__AUDIT__BLOCK": "30",
            "AIRHOOK_MEDIA__AUDIT__REVIEW": "20",
            "AIRHOOK_MEDIA__MIN_FREE_MB": "0",  # its few files find room anywhere
        }

    async def _ready(self) -> None:
        assert self._child
        deadline = time.monotonic() + READY_WITHIN_S
        while not await asyncio.to_thread(self._is_ready):
            if self._child.returncode is not None:
                raise AirhookError(
                    f"the server ended with status {self._child.returncode}:\n{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                raise AirhookError(
                    f"the server is not ready after {READY_WITHIN_S:.0f} s:\n{self.log_tail()}"
                )
            await asyncio.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            where = json.loads((self._folder / "data" / "serve.json").read_text("utf-8"))
            self.http, self.rtmp = where["http"], where["rtmp"]
            with urllib.request.urlopen(f"http://{self.http}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError, KeyError):
            return False

    async def _clean_up(self) -> None:
        if self._child and self._child.returncode is None:
            send(self._child, signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._child.wait(), STOPPED_WITHIN_S)
        if self._child:
            await _end(self._child)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Kill a child that still runs, and wait until it is gone."""
    send(child, signal.SIGKILL)
    await child.wait()
