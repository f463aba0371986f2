"""Receivers in processes of their own: nginx where it is installed, else a small server of ours.

Several destinations are several loopback addresses on one port, so that each has its own connections and health.
"""

import array
import contextlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from airhook.core.errors import AirhookError
from airhook.delivery.signing import signature
from airhook.tools.bench.child import Child

NGINX_READY_S = 10.0
NGINX_STOP_S = 10.0
_MODULE = "airhook.tools.bench.receiver_process"

_NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_timeout 300;
  keepalive_requests 1000000000;
  server {{
{listens}
    location / {{ default_type application/json; return 200 '{{"code":0}}'; }}
  }}
}}
"""


class Receiver(Protocol):
    """``urls``: one for each destination."""

    name: str
    urls: list[str]


class OwnReceiver:
    """Our own server, in one of the modes of ``receiver_process``; a context manager through ``own``."""

    def __init__(self, child: Child, name: str, addresses: list[str]) -> None:
        self._child = child
        self.name = name
        self.urls = [f"http://{address}:{child.first}/callback" for address in addresses]

    @property
    def port(self) -> int:
        return int(self._child.first)

    def count(self) -> int:
        """Requests that have come in full."""
        return int(self._child.ask("count"))

    def cpu_s(self) -> float:
        """Seconds of processor time that it has taken."""
        return float(self._child.ask("cpu"))

    def arrivals(self) -> list[tuple[int, int]]:
        """(sequence, monotonic nanoseconds) of each callback, in order of arrival; mode ``record``."""
        pairs = array.array("q", self._noted())
        return list(zip(pairs[::2], pairs[1::2], strict=True))

    def signed_by(self, key: str) -> list[tuple[int, bool]]:
        """(monotonic nanoseconds, whether ``key`` signed it) of each callback, in order of arrival; mode ``keep``."""
        return [(at, sign == signature(key, t)) for at, t, sign in json.loads(self._noted() or "[]")]

    def _noted(self) -> bytes:
        with tempfile.NamedTemporaryFile() as file:
            self._child.ask(f"dump {file.name}")
            return Path(file.name).read_bytes()


class _Nginx:
    name = "nginx"

    def __init__(self, addresses: list[str], port: int) -> None:
        self.urls = [f"http://{address}:{port}/callback" for address in addresses]


@contextlib.contextmanager
def answering(addresses: list[str], kind: str = "auto") -> Iterator[Receiver]:
    """The fastest there is. ``kind``: ``auto``, ``nginx`` or ``own``."""
    program = shutil.which("nginx") if kind in ("auto", "nginx") else None
    if kind == "nginx" and program is None:
        raise AirhookError("nginx is not installed; use --receiver own")
    with nginx(program, addresses) if program else own("answer", addresses) as receiver:
        yield receiver


@contextlib.contextmanager
def own(mode: str, addresses: list[str]) -> Iterator[OwnReceiver]:
    with Child(_MODULE, mode, ",".join(addresses)) as child:
        yield OwnReceiver(child, f"own ({mode})", addresses)


@contextlib.contextmanager
def nginx(program: str, addresses: list[str]) -> Iterator[Receiver]:
    """Raises ``AirhookError`` with nginx's own words when it does not start."""
    with tempfile.TemporaryDirectory(prefix="airhook-bench-nginx-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        config = Path(folder, "nginx.conf")
        listens = "\n".join(f"    listen {address}:{port} backlog=1024;" for address in addresses)
        config.write_text(_NGINX.format(folder=folder, listens=listens), encoding="utf-8")
        process = subprocess.Popen(  # noqa: S603 - found by which
            [program, "-p", folder, "-c", str(config), "-e", f"{folder}/error.log"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(process, (addresses[0], port), Path(folder, "error.log"))
            yield _Nginx(addresses, port)
        finally:
            process.terminate()
            try:
                process.wait(NGINX_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def loopback(count: int, first: int = 1) -> list[str]:
    """``count`` addresses of 127.0.0.0/8; ``first`` chooses a block of 250 of them."""
    return [f"127.0.{first + at // 250}.{1 + at % 250}" for at in range(count)]


def _wait_for(process: "subprocess.Popen[bytes]", address: tuple[str, int], log: Path) -> None:
    deadline = time.monotonic() + NGINX_READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return
        time.sleep(0.02)
    said = log.read_text("utf-8", "replace")[-1000:].strip() if log.exists() else ""
    raise AirhookError(f"nginx did not start: {said or 'no reason given'}; use --receiver own")
