"""A real ``airhook serve`` in a process of its own, with its own folder and free ports."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Protocol, Self

from click.testing import CliRunner, Result

from airhook.cli.app import app
from support.initialized import initialize

READY_WITHIN_S = 60  # of a machine that does much beside
STOPPED_WITHIN_S = 45
DOMAIN = "push.example.com"
KEY = "Kx7Pq2Lm9TzR4vBnW8"


class HasUrl(Protocol):
    """A receiver of whatever kind."""

    def url(self, path: str) -> str: ...


class AirhookServer:
    """Start, kill and start again; every command runs in the same folder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.settings = settings
        self.prefix: list[str] = []  # of the command that serves
        self.process: subprocess.Popen[bytes] | None = None
        self.credentials = initialize(self.ours())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self, **settings: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRHOOK_")}
        return {**kept, **self.ours(), **settings}

    def ours(self) -> dict[str, str]:
        return {
            "AIRHOOK_DATA_DIR": str(self.folder / "data"),
            "AIRHOOK_HTTP__LISTEN": "127.0.0.1:0",
            "AIRHOOK_RTMP__LISTEN": "127.0.0.1:0",
            "AIRHOOK_TARGETS__ALLOW": "127.0.0.0/8",
            **self.settings,
        }

    def cli(self, *args: str, check: bool = True) -> Result:
        """Run a command inside this process: it is what ``airhook`` does, without the second of its start."""
        elsewhere = dict.fromkeys(name for name in os.environ if name.startswith("AIRHOOK_"))
        done = CliRunner().invoke(app, args, prog_name="airhook", env={**elsewhere, **self.ours()})
        assert not check or done.exit_code == 0, f"airhook {' '.join(args)}: {done.output} {done.exception!r}"
        return done

    def json(self, *args: str) -> Any:
        return json.loads(self.cli(*args).stdout)

    def start(self, **settings: str) -> Self:
        """Start and wait until it is ready; ``settings`` are environment variables of this run alone."""
        self._where.unlink(missing_ok=True)
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "airhook", "serve"],
                cwd=self.folder,
                env=self.environment(**settings),
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.is_ready():
            assert self.process.poll() is None, (
                f"serve ended with {self.process.returncode}: {self.log()[-3000:]}"
            )
            assert time.monotonic() < deadline, f"serve is not ready: {self.log()[-3000:]}"
            time.sleep(0.05)
        return self

    def is_ready(self) -> bool:
        try:
            self.where = json.loads(self._where.read_text())
            with urllib.request.urlopen(f"{self.http_url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError):
            return False

    @property
    def _where(self) -> Path:
        return self.folder / "data" / "serve.json"

    @property
    def http_url(self) -> str:
        return f"http://{self.where['http']}"

    def push_url(self, stream: str = "room1001", params: str = "", app: str = "live") -> str:
        query = "&".join(filter(None, [f"vhost={DOMAIN}", params]))
        return f"rtmp://{self.where['rtmp']}/{app}/{stream}?{query}"

    def log(self) -> str:
        return (self.folder / "serve.log").read_text(errors="replace")

    def rows(self, sql: str) -> list[Any]:
        """What the live database holds."""
        raw = sqlite3.connect(f"{(self.folder / 'data' / 'airhook.db').as_uri()}?mode=ro", uri=True)
        try:
            return raw.execute(sql).fetchall()
        finally:
            raw.close()

    def kill(self) -> None:
        """End it as kill -9 does, and collect it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as an operator does."""
        self._end(signal.SIGTERM)

    def wait_for_death(self) -> int:
        """Wait until it has died of its own, as at a fail point."""
        assert self.process is not None
        return self.process.wait(READY_WITHIN_S)

    def _end(self, sign: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(sign)
        try:
            self.process.wait(STOPPED_WITHIN_S)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process = None

    def set_up(self, receiver: HasUrl, *, auth: str = "off", window_s: int = 70, key: str = KEY) -> None:
        """One domain, one template with a URL for start and stop, one rule."""
        self.cli("domain", "add", DOMAIN)
        self.cli("domain", "set", DOMAIN, "--auth", auth, "--reconnect-window", str(window_s))
        urls = ["--begin-url", receiver.url("/begin"), "--end-url", receiver.url("/end")]
        template = self.json("template", "add", "prod-hooks", *urls, "--key", key, "--json")
        self.cli("rule", "add", DOMAIN, str(template["id"]), "--app", "live")
