"""Real foreign publishers: Debian's ffmpeg, a current ffmpeg from a wheel, and GStreamer over librtmp."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import imageio_ffmpeg

STOPPED_WITHIN_S = 30

Publisher = subprocess.Popen[bytes]


def debian_ffmpeg() -> str:
    return _program("ffmpeg")


def newest_ffmpeg() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def ffmpeg_command(
    url: str,
    *,
    program: str | None = None,
    seconds: float = 60,
    codec: str = "libx264",
    size: str = "320x240",
) -> list[str]:
    """A live push of a moving picture and a tone, in real time."""
    source = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=15", "-f", "lavfi", "-i", "sine=frequency=440"]
    video = ["-c:v", codec, "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "15", "-b:v", "200k"]
    audio = ["-c:a", "aac", "-b:a", "64k"]
    quiet = ["-hide_banner", "-loglevel", "error", "-nostdin"]
    return [
        program or debian_ffmpeg(),
        *quiet,
        "-re",
        *source,
        "-t",
        str(seconds),
        *video,
        *audio,
        "-f",
        "flv",
        url,
    ]


def gstreamer_command(url: str, *, frames: int = 600) -> list[str]:
    """What OBS uses: librtmp, behind GStreamer's rtmpsink."""
    video = [
        "videotestsrc", "is-live=true", f"num-buffers={frames}", "!", "video/x-raw,width=320,height=240,framerate=15/1",
        "!", "x264enc", "tune=zerolatency", "speed-preset=ultrafast", "key-int-max=15", "!", "h264parse", "!", "mux.",
    ]  # fmt: skip
    sink = ["flvmux", "name=mux", "streamable=true", "!", "rtmpsink", f"location={url} live=1"]
    return [_program("gst-launch-1.0"), "--quiet", *sink, *video]


@contextmanager
def publishing(command: list[str]) -> Iterator[Publisher]:
    """Run a publisher; whatever happens it is gone afterwards."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=STOPPED_WITHIN_S)


def stop_cleanly(process: Publisher) -> None:
    """End it as a person does with Ctrl-C: it says goodbye."""
    process.send_signal(2)
    process.wait(STOPPED_WITHIN_S)


def vanish(process: Publisher) -> None:
    """End it as a crash does."""
    process.kill()
    process.wait(STOPPED_WITHIN_S)


def _program(name: str) -> str:
    path = shutil.which(name)
    assert path is not None, f"{name} is missing; run: python tests/system_packages.py"
    return path
