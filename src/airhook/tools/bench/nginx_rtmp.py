"""nginx with its RTMP module, recording: what the ingest is compared with, where it is installed (Debian's packages
``nginx`` and ``libnginx-mod-rtmp``).
"""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from airhook.core.errors import AirhookError

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
READY_S = 10.0
STOP_S = 10.0

_CONFIG = """\
daemon off;
master_process off;
load_module {module};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
rtmp {{
  server {{
    listen 127.0.0.1:{port};
    application live {{ live on; record all; record_path {folder}/recordings; }}
  }}
}}
"""


class NginxRtmp(NamedTuple):
    pid: int
    port: int


def installed() -> bool:
    return shutil.which("nginx") is not None and MODULE.exists()


@contextlib.contextmanager
def recording(folder: Path) -> Iterator[NginxRtmp]:
    """Raises ``AirhookError`` with its own words when it does not start."""
    (folder / "recordings").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = folder / "nginx.conf"
    config.write_text(_CONFIG.format(module=MODULE, folder=folder, port=port), "utf-8")
    command = [
        shutil.which("nginx") or "nginx",
        "-p",
        str(folder),
        "-c",
        str(config),
        "-e",
        f"{folder}/error.log",
    ]
    process = subprocess.Popen(  # noqa: S603 - found by which
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(process, port, folder / "error.log")
        yield NginxRtmp(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    said = log.read_text("utf-8", "replace")[-1000:].strip() if log.exists() else ""
    raise AirhookError(f"nginx did not start: {said or 'no reason given'}")
