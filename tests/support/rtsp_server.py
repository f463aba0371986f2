"""GStreamer's RTSP server, to pull a stream from."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

STOP_S = 30.0
SYSTEM_PYTHON = "/usr/bin/python3"  # which has Debian's bindings of GStreamer

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


@contextlib.contextmanager
def rtsp_server(clip: Path) -> Iterator[str]:
    """Plays a clip (FLV with H.264 and AAC) to everyone who asks; gives its URL."""
    with _running([SYSTEM_PYTHON, "-c", _RTSP, str(clip)]) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "GStreamer's RTSP server is missing; run: python tests/system_packages.py"
        yield f"rtsp://127.0.0.1:{port.decode()}/live/room1"


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
