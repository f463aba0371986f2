"""Real media servers that streams are pulled from: nginx with its RTMP module, and GStreamer's RTSP server."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

READY_S = 10.0
STOP_S = 10.0
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
SYSTEM_PYTHON = "/usr/bin/python3"  # which has Debian's bindings of GStreamer

_NGINX = """\
daemon off;
master_process off;
load_module {module};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
rtmp {{
  server {{
    listen 127.0.0.1:{rtmp};
    application live {{ live on; hls on; hls_path {folder}/hls; hls_fragment 1s; hls_playlist_length 20s; }}
  }}
}}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{web};
    location / {{ root {folder}/hls; types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }} }}
  }}
}}
"""

_RTSP = """\
import sys, gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    f"( filesrc location={sys.argv[1]} ! flvdemux name=clip clip.video ! queue ! h264parse ! rtph264pay name=pay0 pt=96"
    " clip.audio ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )"
)
server.get_mount_points().add_factory("/live/room1", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


class Nginx(NamedTuple):
    """``push`` and ``rtmp`` are where a stream goes in and comes out, ``hls`` its playlist."""

    push: str
    rtmp: str
    hls: str
    folder: Path  # of playlists and segments


@contextlib.contextmanager
def nginx_rtmp(folder: Path) -> Iterator[Nginx]:
    """One on free ports, which knows a stream ``room1``."""
    program = shutil.which("nginx")
    assert program is not None, "nginx is missing; run: python tests/system_packages.py"
    assert MODULE.exists(), "libnginx-mod-rtmp is missing; run: python tests/system_packages.py"
    (folder / "hls").mkdir(parents=True)
    rtmp, web = free_port(), free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(module=MODULE, folder=folder, rtmp=rtmp, web=web))
    with _running([program, "-p", str(folder), "-c", str(config), "-e", f"{folder}/error.log"]) as process:
        for port in (rtmp, web):
            _wait_for(process, port)
        where = f"rtmp://127.0.0.1:{rtmp}/live/room1"
        yield Nginx(where, where, f"http://127.0.0.1:{web}/room1.m3u8", folder / "hls")


@contextlib.contextmanager
def rtsp_server(clip: Path) -> Iterator[str]:
    """Plays a clip (FLV with H.264 and AAC) to everyone who asks; gives its URL."""
    with _running([SYSTEM_PYTHON, "-c", _RTSP, str(clip)]) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "GStreamer's RTSP server is missing; run: python tests/system_packages.py"
        yield f"rtsp://127.0.0.1:{port.decode()}/live/room1"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(command: list[str]) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        assert process.poll() is None, "nginx ended at once"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < deadline, "nginx does not listen"
        time.sleep(0.05)
