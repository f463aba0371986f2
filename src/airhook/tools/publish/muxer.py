"""The child process that makes the stream and pushes it: ``python -m airhook.tools.publish.muxer JOB``.

It is a process of its own so that it can vanish: whoever kills it, or the command that started it, leaves the
server with a connection that closes without a goodbye, as a phone that loses its battery does.
"""

import contextlib
import itertools
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import av.filter
import av.logging
import msgspec

from airhook.tools.publish.spec import SAMPLE_RATE, STOP, Job, Picture, Report

KEY_FRAME_EVERY_S = 2
REPORT_EVERY_S = 0.5
OPEN_TIMEOUT_S = 10  # for each wait on the network

_SERVER_SAYS = "Server error: "


def main() -> None:
    job = msgspec.json.decode(sys.argv[1].encode(), type=Job)
    asked = threading.Event()
    threading.Thread(target=_hear, args=(asked,), daemon=True).start()
    av.logging.set_level(av.logging.ERROR)
    with av.logging.Capture(local=False) as logs:
        try:
            push(job, asked)
        except (av.FFmpegError, OSError) as error:
            _report(Report(state="failed", reason=reason([text for _, _, text in logs], error)))
            sys.exit(1)


def push(job: Job, asked: threading.Event) -> None:
    """Push until the duration is over or ``asked`` is set, then say goodbye."""
    with av.open(job.url, "w", format="flv", timeout=OPEN_TIMEOUT_S) as out:
        video, audio = _streams(out, job.picture)
        out.start_encoding()  # connects, and returns once the server has accepted the push
        _report(Report(state="started"))
        seconds, sent = _send(out, video, audio, job, asked)
        for stream in (video, audio):
            out.mux(stream.encode(None))
    _report(Report(state="ended", seconds=seconds, bytes=sent))


def _send(out: Any, video: Any, audio: Any, job: Job, asked: threading.Event) -> tuple[float, int]:
    """Send in real time; give the seconds and bytes of media sent."""
    pictures = _pictures(job.picture)
    tones = _filtered(
        "sine", f"frequency=440:beep_factor=4:sample_rate={SAMPLE_RATE}:samples_per_frame=1024", "abuffersink"
    )
    begin = time.monotonic()
    samples = sent = 0
    reported = at = 0.0
    for number, frame in enumerate(pictures):
        at = number / job.picture.fps
        if (job.duration_s is not None and at >= job.duration_s) or asked.wait(begin + at - time.monotonic()):
            break
        packets = list(video.encode(frame))
        while samples / SAMPLE_RATE < at:
            tone = next(tones)
            samples += tone.samples
            packets += audio.encode(tone)
        sent += sum(packet.size for packet in packets)
        out.mux(packets)
        if at - reported >= REPORT_EVERY_S:
            reported = at
            _report(Report(state="sending", seconds=at, bytes=sent))
    return at, sent


def _streams(out: Any, picture: Picture) -> tuple[Any, Any]:
    video = out.add_stream(
        "libx264", rate=picture.fps, options={"preset": "ultrafast", "tune": "zerolatency"}
    )
    video.width, video.height, video.pix_fmt = picture.width, picture.height, "yuv420p"
    video.bit_rate = picture.bitrate * 1000
    video.codec_context.gop_size = KEY_FRAME_EVERY_S * picture.fps
    audio = out.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
    audio.bit_rate = 64_000
    return video, audio


def _pictures(picture: Picture) -> Iterator[Any]:
    if picture.scene == "blobs":
        return _still(picture)
    return _filtered("testsrc2", f"size={picture.width}x{picture.height}:rate={picture.fps}", "buffersink")


def _still(picture: Picture) -> Iterator[Any]:
    """The blobs, without end, timed as the test sources are."""
    from airhook.tools.publish.blobs import blobs

    shown = av.VideoFrame.from_image(  # type: ignore[no-untyped-call]
        blobs(picture.width, picture.height)
    ).reformat(format="yuv420p")
    shown.time_base = Fraction(1, picture.fps)
    for number in itertools.count():
        shown.pts = number
        yield shown


def _filtered(source: str, arguments: str, sink: str) -> Iterator[Any]:
    """Frames of one of FFmpeg's test sources, without end."""
    graph = av.filter.Graph()
    first, last = graph.add(source, arguments), graph.add(sink)
    first.link_to(last)
    graph.configure()
    while True:
        yield last.pull()


def reason(logs: list[str], error: Exception) -> str:
    """Why the push failed: the server's own words where it gave some, else what FFmpeg's log says first."""
    lines = [re.sub(r"\?\S*", "", line.strip()) for line in logs]
    for line in lines:
        if line.startswith(_SERVER_SAYS):
            return f"the server says: {line.removeprefix(_SERVER_SAYS)}"
    return (
        lines[0]
        if lines
        else (error.strerror if isinstance(error, OSError) and error.strerror else str(error))
    )


def _hear(asked: threading.Event) -> None:
    # Not through sys.stdin: its lock, held by a waiting thread, would break the end of the interpreter.
    if os.read(0, len(STOP)) == STOP:
        asked.set()
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _report(report: Report) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(1, msgspec.json.encode(report) + b"\n")


if __name__ == "__main__":
    main()
