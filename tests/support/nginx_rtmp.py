"""A real nginx with its RTMP module."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from support.ports import free_port

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
MISSING = "nginx-rtmp is missing; run: python tests/system_packages.py"
READY_S = 60.0
STOPPED_S = 30.0

_CONFIG = """\
daemon off;
master_process off;
load_module {module};
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 256; }}
{rtmp}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    location /stat {{ rtmp_stat all; }}
    location /control {{ rtmp_control all; }}
    location / {{ root {folder}/hls; types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }} }}
  }}
}}
"""
_WITH_HLS = """\
rtmp {{
  server {{
    listen 1935;
    application live {{ live on; hls on; hls_path {folder}/hls; hls_fragment 1s; hls_playlist_length 20s; }}
  }}
}}
"""


class NginxRtmp:
    """``start`` may be called again after ``kill`` or ``stop``; the ports stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rtmp_port, self.http_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def stat_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/stat"

    def push_url(self, stream: str, domain: str = "", params: str = "") -> str:
        query = "&".join(filter(None, (domain and f"vhost={domain}", params)))
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/{stream}{query and f'?{query}'}"

    def playlist(self, stream: str) -> Path:
        """Of the HLS, where ``configure_hls`` was called."""
        return self.folder / "hls" / f"{stream}.m3u8"

    def playlist_url(self, stream: str) -> str:
        return f"http://127.0.0.1:{self.http_port}/{stream}.m3u8"

    def configure(self, config: str) -> None:
        """``config`` as ``airhook source add`` printed it, but for the port and how often updates come."""
        assert "listen 1935;" in config
        rtmp = config.replace("listen 1935;", f"listen 127.0.0.1:{self.rtmp_port};")
        rtmp = rtmp.replace("notify_update_timeout 5s;", "notify_update_timeout 1s;")
        self.folder.mkdir(parents=True, exist_ok=True)
        whole = _CONFIG.format(module=MODULE, folder=self.folder, port=self.http_port, rtmp=rtmp)
        (self.folder / "nginx.conf").write_text(whole, "utf-8")

    def configure_hls(self) -> None:
        """Without hooks; what is pushed comes out over RTMP and as HLS."""
        self.playlist("").parent.mkdir(parents=True)
        self.configure(_WITH_HLS.format(folder=self.folder))

    def start(self) -> None:
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert nginx is not None, MISSING
        assert MODULE.exists(), MISSING
        log = f"{self.folder}/error.log"
        command = [nginx, "-p", str(self.folder), "-c", f"{self.folder}/nginx.conf", "-e", log]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_S
        while not (_answers(self.rtmp_port) and _answers(self.http_port)):
            said = Path(log).read_text("utf-8", "replace")[-2000:] if Path(log).exists() else ""
            assert self._process.poll() is None, f"nginx did not start: {said}"
            assert time.monotonic() < deadline, f"nginx does not listen: {said}"
            time.sleep(0.02)

    def kill(self) -> None:
        """As a crash: none of its hooks is sent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOPPED_S)
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOPPED_S)
            self.kill()


@contextlib.contextmanager
def nginx_rtmp(folder: Path) -> Iterator[NginxRtmp]:
    """Not started yet; gone afterwards."""
    server = NginxRtmp(folder)
    try:
        yield server
    finally:
        server.stop()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
