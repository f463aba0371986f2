"""Pulling a stream from another media server, in a thread of its own, as FLV bytes.

FFmpeg follows what a playlist or a description names. So the protocols that it may open are named for each scheme:
what is pulled over the network can read no file, and speak to nothing but its own kind of server.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airhook.media.protocol import PullInput

if TYPE_CHECKING:
    from av.container import InputContainer

_WEB = "http,https,tcp,tls,crypto"  # crypto: encrypted HLS segments
PROTOCOLS = {
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "http": _WEB,
    "https": _WEB,
    "rtsp": "rtsp,rtp,tcp",
    "rtsps": "rtsps,rtsp,rtp,tls,tcp",
}
ANALYZE_US = "1000000"
AGAIN_S = 0.5  # between two tries to open what is not there yet


class PullError(ValueError):
    """The URL cannot be pulled from."""


class Pull:
    """``take`` gets FLV bytes and ``over`` why it ended, both on the pull's thread."""

    def __init__(self, source: PullInput, take: Callable[[bytes], None], over: Callable[[str], None]) -> None:
        self._source = source
        self._take = take
        self._over = over
        self.is_open = False
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pull", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read no further; the thread ends at the next packet or time-out."""
        self._closed.set()

    def _run(self) -> None:
        why = ""
        try:
            self._copy()
        except Exception as error:
            # Without the URL that FFmpeg puts behind it: it may hold a key, and this text goes to receivers.
            why = getattr(error, "strerror", None) or str(error)
        self._over(why)

    def _copy(self) -> None:
        import av

        with self._open() as source:
            self.is_open = True
            streams = [*source.streams.video[:1], *source.streams.audio[:1]]
            if not streams:
                raise PullError("there is no video and no audio")
            with av.open(
                _Sink(self._take), "w", format="flv", options={"flvflags": "no_duration_filesize"}
            ) as sink:
                copies = {one.index: sink.add_stream_from_template(one) for one in streams}
                for packet in source.demux(streams):
                    if self._closed.is_set():
                        return
                    if packet.dts is not None:
                        packet.stream = copies[packet.stream_index]
                        sink.mux(packet)

    def _open(self) -> "InputContainer":
        """Open it, again and again while it is not there and there is patience left."""
        import av

        chosen, times = options(self._source), (self._source.open_s, self._source.read_s)
        until = time.monotonic() + self._source.patience_s
        while True:
            try:
                return av.open(self._source.url, options=chosen, timeout=times, metadata_errors="ignore")
            except (av.FFmpegError, OSError):
                if time.monotonic() + AGAIN_S >= until or self._closed.wait(AGAIN_S):
                    raise


def options(source: PullInput) -> dict[str, str]:
    """Raises ``PullError`` for a URL of another kind."""
    parts = urlsplit(source.url)
    allowed = PROTOCOLS.get(parts.scheme)
    if allowed is None or not parts.hostname:
        kinds = ", ".join(PROTOCOLS)
        raise PullError(f"{parts.scheme or 'no scheme'}:// cannot be pulled; use a URL of {kinds}")
    chosen = {"protocol_whitelist": allowed, "analyzeduration": ANALYZE_US}
    if parts.scheme in ("rtsp", "rtsps"):
        chosen["rtsp_transport"] = "tcp"
    return chosen


class _Sink:
    """What the muxer writes goes on at once."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def write(self, data: bytes) -> int:
        self._take(bytes(data))
        return len(data)
