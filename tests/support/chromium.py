"""Headless Chromium, driven over its debugging pipe (Chrome DevTools Protocol): one page, no package needed."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ANSWERS_WITHIN_S = 30
ENDS_WITHIN_S = 10
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]


class Page:
    """A tab. ``problems`` are the messages of its console: failed scripts, breaches of the policy, failed loads."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self.problems: list[str] = []
        self._to, self._from = to_browser, from_browser
        self._unread = b""
        self._last_id = 0
        self._session = ""
        self._loads = 0
        self._readable = selectors.DefaultSelector()
        self._readable.register(from_browser, selectors.EVENT_READ)
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **params: Any) -> Any:
        self._last_id += 1
        message: dict[str, Any] = {"id": self._last_id, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self._last_id:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, url: str, *, language: str = "en") -> None:
        self.command("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        self.loading(lambda: self.command("Page.navigate", url=url))

    def loading(self, work: Callable[[], object]) -> None:
        """Do something that loads a page, and wait until it has."""
        before = self._loads
        work()
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while self._loads == before:
            self._read(deadline)

    def click(self, selector: str) -> None:
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def fill(self, selector: str, text: str) -> None:
        self.run(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(text)}")

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script: str, wanted: object, timeout_s: float = 10) -> None:
        """Wait until an expression has a value; it is looked at every 50 ms."""
        deadline = time.monotonic() + timeout_s
        while (found := self.run(script)) != wanted:
            assert time.monotonic() < deadline, f"{script} is {found!r}, not {wanted!r}"
            time.sleep(0.05)

    def resize(self, width: int, height: int = 800) -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._unread:
            assert self._readable.select(deadline - time.monotonic()), "Chromium does not answer"
            data = os.read(self._from, 1 << 20)
            assert data, "Chromium has ended"
            self._unread += data
        message, _, self._unread = self._unread.partition(b"\0")
        read: dict[str, Any] = json.loads(message)
        self._note(read.get("method", ""), read.get("params", {}))
        return read

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loads += 1
        elif method == "Log.entryAdded":
            self.problems.append(params["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(str(params["exceptionDetails"]))


@contextlib.contextmanager
def chromium(*, zone: str = "UTC") -> Iterator[Page]:
    """A browser of its own in the time zone ``zone``."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as folder:
        commands, to_browser = os.pipe()
        from_browser, answers = os.pipe()
        process = _start(Path(folder), commands, answers, zone)
        os.close(commands)
        os.close(answers)
        try:
            yield Page(to_browser, from_browser)
        finally:
            os.close(to_browser)  # it ends when its pipe does
            os.close(from_browser)
            _end(process)


def _start(folder: Path, commands: int, answers: int, zone: str) -> subprocess.Popen[bytes]:
    # It reads commands on 3 and writes answers on 4. The shell puts them there: a hook between fork and exec is not
    # safe beside threads.
    shell = f'exec "$@" 3<&{commands} 4>&{answers}'
    return subprocess.Popen(
        ["/bin/bash", "-c", shell, "bash", "chromium", *FLAGS, f"--user-data-dir={folder}", "about:blank"],
        pass_fds=(commands, answers),
        env={**os.environ, "TZ": zone},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
