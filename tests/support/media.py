"""Media in tests: clips made once, live pushes of them, record templates, and what ffprobe says of a file."""

import asyncio
import atexit
import functools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import av
from msgspec.structs import replace

from airhook.cli.desk import open_desk
from airhook.config import load
from airhook.control import accounts, media_rules, media_tasks, media_templates
from airhook.control.base import Desk
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.core import flv
from airhook.core.media_rules import RuleKey
from airhook.core.media_tasks import RecordTask
from airhook.core.ports import Tx
from airhook.core.record_templates import RecordFormat
from support.publishers import debian_ffmpeg, newest_ffmpeg
from support.receiver import Receiver
from support.server import DOMAIN, KEY, AirhookServer, HasUrl

T = TypeVar("T")

EVENTS = (1, 0, 100, 200, 317, 332, 341)
FPS = 25
PROBE_S = 45
HEARD_WITHIN_S = 45
QUIET = ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
AAC = ["-c:a", "aac", "-b:a", "64k"]


@functools.cache
def clips() -> Path:
    """A folder for clips, as long as this process lives."""
    folder = Path(tempfile.mkdtemp(prefix="airhook-clips-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def picture(size: str = "320x180") -> list[str]:
    return ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={FPS}"]


def h264(*, b_frames: int = 0) -> list[str]:
    params = f"scenecut=0:b-adapt=0:bframes={b_frames}"
    return ["-c:v", "libx264", "-preset", "ultrafast", "-g", str(FPS), "-pix_fmt", "yuv420p", "-b:v", "300k", "-x264-params", params]  # fmt: skip


@functools.cache
def clip(kind: str, seconds: float) -> Path:
    """An FLV with a key frame every second: ``plain``, ``b-frames``, ``audio``, ``video``, ``hevc``, ``large``."""
    makers: dict[str, tuple[str, list[str]]] = {
        "plain": (debian_ffmpeg(), [*picture(), *TONE, *h264(), *AAC]),
        "b-frames": (debian_ffmpeg(), [*picture(), *TONE, *h264(b_frames=2), *AAC]),
        "audio": (debian_ffmpeg(), [*TONE, *AAC]),
        "video": (debian_ffmpeg(), [*picture(), *h264()]),
        "large": (debian_ffmpeg(), [*picture("640x360"), *TONE, *h264(), *AAC]),
        "mp3": (debian_ffmpeg(), [*picture(), *TONE, *h264(), "-c:a", "libmp3lame", "-b:a", "64k"]),
        "hevc": (
            newest_ffmpeg(),
            [*picture(), *TONE, "-c:v", "libx265", "-preset", "ultrafast", "-g", str(FPS), "-pix_fmt", "yuv420p",
             "-x265-params", f"log-level=none:keyint={FPS}:pools=1", *AAC],
        ),
    }  # fmt: skip
    program, options = makers[kind]
    path = clips() / f"{kind}-{seconds:g}.flv"
    subprocess.run([program, *QUIET, *options, "-t", str(seconds), "-f", "flv", path], check=True)
    return path


def joined(*parts: Path) -> Path:
    """One FLV of several clips, as an encoder pushes it that is set to another size in mid-stream."""
    path = clips() / f"{'-then-'.join(part.stem for part in parts)}.flv"
    begin_ms = 0
    with path.open("wb") as file:
        file.write(flv.file_header())
        for n, part in enumerate(parts):
            tags = [
                tag for tag in flv.TagReader().feed(part.read_bytes()) if tag.type != flv.SCRIPT or n == 0
            ]
            for tag in tags:
                file.write(flv.tag_bytes(tag.type, tag.timestamp + begin_ms, tag.body))
            begin_ms += max(tag.timestamp for tag in tags) + 1000 // FPS
    return path


def push_of(source: Path, url: str, *, program: str | None = None) -> list[str]:
    """A live push of a clip, in real time, its packets copied."""
    return [program or debian_ffmpeg(), *QUIET, "-re", "-i", str(source), "-c", "copy", "-f", "flv", url]


def probe(place: str | Path) -> dict[str, Any]:
    """ffprobe's view: ``format`` and ``streams``, whose packets were counted and read to the end."""
    command = [
        "ffprobe", "-v", "error", "-count_packets", "-show_format", "-show_streams", "-of", "json", str(place)
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_S, check=False)
    assert done.returncode == 0, f"{place} does not play: {done.stderr}"
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def probe_with_pyav(place: str | Path) -> dict[str, Any]:
    """As ``probe``, for what Debian's ffprobe does not know: FLV with FourCC codecs."""
    with av.open(str(place)) as source:
        counts = dict.fromkeys((stream.index for stream in source.streams), 0)
        for packet in source.demux():
            counts[packet.stream_index] += packet.size > 0
        streams = [
            {
                "codec_type": stream.type,
                "codec_name": stream.codec_context.name,
                "nb_read_packets": counts[stream.index],
                "width": getattr(stream.codec_context, "width", 0),
                "height": getattr(stream.codec_context, "height", 0),
            }
            for stream in source.streams
        ]
        return {"format": {"duration": (source.duration or 0) / 1_000_000}, "streams": streams}


def errors_of_decoding(place: str | Path, program: str | None = None) -> str:
    """What ffmpeg complains of when it decodes everything."""
    command = [program or debian_ffmpeg(), "-v", "error", "-nostdin", "-i", str(place), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_S, check=False)
    return done.stderr if done.returncode == 0 else f"{done.returncode}: {done.stderr}"


def codecs(seen: dict[str, Any]) -> dict[str, str]:
    return {stream["codec_type"]: stream["codec_name"] for stream in seen["streams"]}


def configure(server: AirhookServer, work: Callable[[Desk, int], Awaitable[T]]) -> T:
    """Run a use case on the server's database, as the command line does; the server sees it within a second."""

    async def run() -> T:
        async with open_desk(load(None, server.ours())) as desk:
            account = await accounts.first_account(desk)
            assert account is not None
            return await work(desk, account.id)

    return asyncio.run(run())


def set_up_recording(
    server: AirhookServer,
    receiver: HasUrl,
    *formats: str,
    interval_s: int = 1800,
    hls_continue_s: int = 0,
    window_s: int = 0,
) -> int:
    """A domain whose streams are recorded, and a callback template that hears of it; gives the record template."""
    server.cli("domain", "add", DOMAIN)
    server.cli("domain", "set", DOMAIN, "--auth", "off", "--reconnect-window", str(window_s))
    urls = [option for number in EVENTS for option in ("--url", f"{number}={receiver.url(f'/{number}')}")]
    template = server.json("template", "add", "hooks", *urls, "--key", KEY, "--json")
    server.cli("rule", "add", DOMAIN, str(template["id"]))

    async def work(desk: Desk, account_id: int) -> int:
        await desk.change(lambda tx: _hear_of_all(tx, int(template["id"])))
        params = {RecordFormat(one): ParamForm(enabled=True, interval_s=interval_s) for one in formats}
        form = RecordTemplateForm(name="all", params=params, hls_continue_s=hls_continue_s)
        made = await media_templates.create(desk, RECORD, account_id, form)
        await media_rules.bind(desk, media_rules.RECORD_RULES, account_id, RuleKey(DOMAIN, "", ""), made.id)
        return made.id

    return configure(server, work)


def _hear_of_all(tx: Tx, template_id: int) -> None:
    """Exceptions of every level, not of errors alone."""
    template = tx.template(template_id)
    assert template is not None
    tx.put_template(replace(template, record_exception_levels=["info", "warning", "error"]))


def record_by_task(server: AirhookServer, stream: str, seconds: float) -> RecordTask:
    """A task that records a stream from now on, so long at most, as the API makes it."""

    async def work(desk: Desk, account_id: int) -> RecordTask:
        end_ms = desk.clock.now_ms() + round(seconds * 1000)
        form = media_tasks.TaskForm(domain=DOMAIN, app="live", stream=stream, end_ms=end_ms)
        return await media_tasks.create(desk, media_tasks.RECORD_TASKS, account_id, form)

    return configure(server, work)


def stop_task(server: AirhookServer, task: RecordTask) -> None:
    async def work(desk: Desk, account_id: int) -> None:
        await media_tasks.stop(desk, media_tasks.RECORD_TASKS, account_id, task.id)

    configure(server, work)


class Heard:
    """What a receiver got, by event type and stream."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def of(self, kind: int, stream: str) -> list[dict[str, Any]]:
        return [
            body
            for body in self._receiver.json_bodies()
            if body["event_type"] == kind and body.get("stream_id", body.get("streamId")) == stream
        ]

    def statuses(self, stream: str) -> list[tuple[int, str]]:
        """Format and event, as they came."""
        return [
            (json.loads(body["record_detail"])["file_format"], body["record_event"])
            for body in self.of(332, stream)
        ]

    def wait(self, kind: int, stream: str, count: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + HEARD_WITHIN_S
        while len(found := self.of(kind, stream)) < count:
            left = deadline - time.monotonic()
            assert left > 0, f"{len(found)} of {count} events {kind}; got {self._receiver.json_bodies()}"
            self._receiver.wait_for(len(self._receiver.requests) + 1, left)
        return found

    def files(self, stream: str, count: int) -> dict[str, dict[str, Any]]:
        """Events 100, by format."""
        return {body["file_format"]: body for body in self.wait(100, stream, count)}


def worker_pids(server: AirhookServer) -> list[int]:
    assert server.process is not None
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return [
        int(pid) for pid in children if b"airhook.media.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def wait_for_recording(place: AirhookServer | Path, suffix: str, size: int = 1) -> Path:
    """Until a file in the spool has so many bytes."""
    folder = place if isinstance(place, Path) else place.folder / "data" / "media"
    deadline = time.monotonic() + HEARD_WITHIN_S
    while time.monotonic() < deadline:
        for path in folder.rglob(f".spool/**/*{suffix}"):
            if path.stat().st_size >= size:
                return path
        time.sleep(0.02)
    raise AssertionError(f"no {suffix} file is being written in {folder}")


def here(server: AirhookServer, url: str) -> str:
    """A link of an earlier run, on the port that the server has now."""
    return urlsplit(url)._replace(netloc=server.where["http"]).geturl()
