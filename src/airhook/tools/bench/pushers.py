"""The child process that pushes one clip many times at once, in real time, its packets copied.

``python -m airhook.tools.bench.pushers CLIP URL...`` says ``started`` once every server has let its push in, and ends
when its standard input does.
"""

import sys
import threading
import time
from fractions import Fraction
from itertools import count
from typing import Any, NamedTuple

import av

OPEN_TIMEOUT_S = 20
_MS = 1000
_MILLISECOND = Fraction(1, _MS)  # FLV's time base


class _Piece(NamedTuple):
    stream: int
    dts: int  # milliseconds
    pts: int
    key: bool
    data: bytes


class _Clip:
    """A clip in memory, with the streams to copy from. ``length``: milliseconds until it begins again."""

    def __init__(self, path: str) -> None:
        self.source: Any = av.open(path)
        self.pieces = [
            _Piece(p.stream_index, int(p.dts), int(p.pts), p.is_keyframe, bytes(p))
            for p in self.source.demux()
            if p.dts is not None and p.pts is not None and p.size
        ]
        self.pieces.sort(key=lambda piece: piece.dts)
        self.length = self.pieces[-1].dts + 40


def main() -> None:
    clip, urls = _Clip(sys.argv[1]), sys.argv[2:]
    over, started = threading.Event(), threading.Barrier(len(urls) + 1)
    threads = [threading.Thread(target=_push, args=(clip, url, started, over), daemon=True) for url in urls]
    for thread in threads:
        thread.start()
    started.wait(OPEN_TIMEOUT_S)
    print("started", flush=True)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join(OPEN_TIMEOUT_S)


def _push(clip: _Clip, url: str, started: threading.Barrier, over: threading.Event) -> None:
    with av.open(url, "w", format="flv", timeout=OPEN_TIMEOUT_S) as out:
        streams = {one.index: out.add_stream_from_template(one) for one in clip.source.streams}
        out.start_encoding()
        started.wait(OPEN_TIMEOUT_S)
        began = time.monotonic()
        for lap in count():
            for piece in clip.pieces:
                at_ms = piece.dts + lap * clip.length
                if over.wait(max(0.0, began + at_ms / _MS - time.monotonic())):
                    return
                packet = av.Packet(piece.data)
                packet.stream = streams[piece.stream]
                packet.time_base = _MILLISECOND
                packet.dts, packet.pts = at_ms, piece.pts + lap * clip.length
                packet.is_keyframe = piece.key
                out.mux_one(packet)


if __name__ == "__main__":
    main()
