"""Foreign publishers: Debian's ffmpeg, the newest ffmpeg with Enhanced RTMP, and librtmp, which OBS uses."""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from airhook.core import reasons
from airhook.core.push_ports import Refusal
from airhook.ingest.chunks import Message
from airhook.ingest.messages import CHUNK_BYTES, WINDOW_BYTES
from airhook.ingest.publication import Publication
from support import rtmp_bytes as raw
from support.publishers import debian_ffmpeg, ffmpeg_command, gstreamer_command, newest_ffmpeg
from support.rtmp_ingest import ingest

PATIENCE_S = 20
SECONDS = 1.2
LATE_MS = 16_777_216  # the first timestamp that does not fit in three bytes
QUIET = ["-hide_banner", "-loglevel", "error", "-nostdin"]

Tag = tuple[int, int, bytes]  # type, timestamp, body


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[Tag]:
    """Every media message that a push brought, as it passed."""
    tags: list[Tag] = []
    carry = Publication.carry

    def record(push: Publication, message: Message, chunk_bytes: int) -> None:
        tags.append((message.type, message.timestamp, bytes(message.payload)))
        carry(push, message, chunk_bytes)

    monkeypatch.setattr(Publication, "carry", record)
    return tags


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of picture and tone, with key frames of more than one chunk of any size.

    It is shorter than what we acknowledge at a time: a publisher that sends at full speed and closes with an answer
    unread resets the connection under its own goodbye.
    """
    path = tmp_path_factory.mktemp("clips") / "clip.flv"
    picture = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=1280x720:rate=10",
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=440",
    ]
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10", "-qp", "4"]
    command = [debian_ffmpeg(), *QUIET, *picture, "-t", "1", *video, "-c:a", "aac", "-f", "flv", str(path)]
    subprocess.run(command, check=True, timeout=PATIENCE_S)
    assert path.stat().st_size < WINDOW_BYTES // 2
    return path


def frames(tags: Iterable[Tag]) -> list[Tag]:
    """Without metadata and headers, whose time is every encoder's own choice."""
    return [tag for tag in tags if tag[0] in (raw.AUDIO, raw.VIDEO) and tag[2][1] == 1]


def flv_tags(path: Path) -> Iterator[Tag]:
    flv = path.read_bytes()
    at = 13
    while at < len(flv):
        length = int.from_bytes(flv[at + 1 : at + 4], "big")
        timestamp = flv[at + 7] << 24 | int.from_bytes(flv[at + 4 : at + 7], "big")
        yield flv[at], timestamp, flv[at + 11 : at + 11 + length]
        at += 11 + length + 4


@asynccontextmanager
async def running(command: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A publisher that is gone afterwards, whatever happens."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def run_to_its_end(command: list[str]) -> tuple[int | None, str]:
    """Exit code and output."""
    async with running(command) as process:
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        return process.returncode, output.decode()


# --- each publisher, from its start to its clean end --------------------------------------------------------------


@pytest.mark.parametrize(
    ("publisher", "codec"),
    [
        pytest.param("debian", "libx264", id="Debian's ffmpeg"),
        pytest.param("newest", "libx264", id="newest ffmpeg"),
        pytest.param("newest", "libx265", id="newest ffmpeg, HEVC over Enhanced RTMP"),
        pytest.param("librtmp", "libx264", id="librtmp"),
    ],
)
def test_a_push_is_let_in_announced_with_its_size_and_ended_cleanly(publisher: str, codec: str) -> None:
    def command(url: str) -> list[str]:
        if publisher == "librtmp":
            return gstreamer_command(url, frames=int(15 * SECONDS))
        program = debian_ffmpeg() if publisher == "debian" else newest_ffmpeg()
        return ffmpeg_command(url, program=program, seconds=SECONDS, codec=codec)

    async def main() -> None:
        async with ingest() as here:
            exit_code, output = await run_to_its_end(
                command(here.url("live/room1?txSecret=ab&vhost=a.example"))
            )
            assert exit_code == 0, output
            (push,) = await here.gate.wait("admit")
            assert (push.domain, push.app, push.stream) == ("a.example", "live", "room1")
            assert push.stream_param == "txSecret=ab&vhost=a.example"
            ticket, reason, activity = await here.gate.wait("end")
            assert reason == reasons.CLIENT_STOPPED
            assert activity.bytes > 10_000
            assert here.gate.all("announce") == [(ticket, 320, 240)]
        assert here.gate.names() == ["admit", "announce", "end"]

    uvloop.run(main())


def test_the_domain_is_the_host_of_tc_url(clip: Path) -> None:
    async def main() -> None:
        async with ingest() as here:
            tc_url = ["-rtmp_tcurl", "rtmp://Push.Example.com:1935/live"]
            target = [*tc_url, "-c", "copy", "-f", "flv", here.url("live/room1")]
            await run_to_its_end([debian_ffmpeg(), *QUIET, "-i", str(clip), *target])
            assert here.gate.all("admit")[0][0].domain == "push.example.com"

    uvloop.run(main())


# --- what passes is what was sent -----------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [debian_ffmpeg, newest_ffmpeg])
@pytest.mark.parametrize("offset_s", [0, 16_776, 2_000_000], ids=["from zero", "out of 24 bits", "23 days"])
def test_every_frame_of_ffmpeg_arrives_with_its_time(
    program: type[str], offset_s: int, clip: Path, carried: list[Tag]
) -> None:
    async def main() -> None:
        async with ingest() as here:
            shift = ["-output_ts_offset", str(offset_s)] if offset_s else []
            target = [*shift, "-c", "copy", "-f", "flv", here.url("live/room1")]
            await run_to_its_end([program(), *QUIET, "-i", str(clip), *target])
            assert await here.gate.reason() == reasons.CLIENT_STOPPED

    uvloop.run(main())
    sent = [(kind, time + offset_s * 1000, body) for kind, time, body in frames(flv_tags(clip))]
    assert frames(carried) == sent
    assert max(len(body) for _, _, body in sent) > CHUNK_BYTES, (
        "so that chunks of type 3 come with extended timestamps"
    )


@pytest.mark.parametrize(
    "repeated", [pytest.param(True, id="repeated in type 3"), pytest.param(False, id="as old OBS")]
)
def test_every_frame_of_an_obs_like_publisher_arrives_with_its_time(
    repeated: bool, clip: Path, carried: list[Tag]
) -> None:
    """Chunks of 4096 bytes, audio and video on one chunk stream, timestamps that outgrow three bytes."""
    sent = [(kind, time + LATE_MS - 500, body) for kind, time, body in frames(flv_tags(clip))]

    async def main() -> None:
        async with ingest() as here:
            client = await here.publisher()
            client.send(raw.control(raw.SET_CHUNK_SIZE, 4096))
            for kind, time, body in sent:
                client.send(
                    *raw.chunks(kind, body, timestamp=time, chunk_bytes=4096, repeat_extended=repeated)
                )
            client.send(raw.command("deleteStream", 0, raw.NULL, raw.number(1), chunk_bytes=4096))
            assert await here.gate.reason() == reasons.CLIENT_STOPPED

    uvloop.run(main())
    assert carried == sent
    assert sent[0][1] < LATE_MS < sent[-1][1]


def test_every_frame_of_librtmp_arrives_with_its_time(clip: Path, carried: list[Tag], tmp_path: Path) -> None:
    """It sends chunks of 128 bytes, with the extended timestamp in each once there is one."""
    late = tmp_path / "late.flv"
    shift = ["-output_ts_offset", str(LATE_MS / 1000 - 0.5)]
    subprocess.run([debian_ffmpeg(), *QUIET, "-i", str(clip), *shift, "-c", "copy", str(late)], check=True)
    sent = frames(flv_tags(late))
    assert sent[0][1] < LATE_MS < sent[-1][1]

    async def main() -> None:
        async with ingest() as here:
            sink = f"location={here.url('live/room1')} live=1"
            command = [
                *gstreamer_command("")[:2],
                "filesrc",
                f"location={late}",
                "!",
                "rtmpsink",
                "sync=false",
                sink,
            ]
            exit_code, output = await run_to_its_end(command)
            assert exit_code == 0, output
            assert await here.gate.reason() == reasons.CLIENT_STOPPED

    uvloop.run(main())
    assert frames(carried) == sent


# --- other ends ---------------------------------------------------------------------------------------------------


def test_a_killed_publisher_lost_its_connection() -> None:
    async def main() -> None:
        async with ingest() as here, running(ffmpeg_command(here.url("live/room1"))) as process:
            await here.gate.wait("announce")
            process.kill()
            assert await here.gate.reason() in (reasons.CONNECTION_CLOSED, reasons.READ_FAILED)

    uvloop.run(main())


def test_an_interrupted_publisher_says_goodbye() -> None:
    async def main() -> None:
        async with ingest() as here, running(ffmpeg_command(here.url("live/room1"))) as process:
            await here.gate.wait("announce")
            process.send_signal(signal.SIGINT)
            assert await here.gate.reason() == reasons.CLIENT_STOPPED

    uvloop.run(main())


def test_a_frozen_publisher_has_no_data() -> None:
    async def main() -> None:
        async with (
            ingest(idle_timeout_s=0.6) as here,
            running(ffmpeg_command(here.url("live/room1"))) as process,
        ):
            await here.gate.wait("announce")
            process.send_signal(signal.SIGSTOP)
            assert await here.gate.reason() == reasons.NO_DATA

    uvloop.run(main())


@pytest.mark.parametrize("program", [debian_ffmpeg, newest_ffmpeg])
def test_a_refused_ffmpeg_shows_why(program: type[str], clip: Path) -> None:
    async def main() -> None:
        async with ingest() as here:
            here.gate.answer = Refusal(reasons.TX_TIME_EXPIRED)
            target = ["-c", "copy", "-f", "flv", here.url("live/room1")]
            exit_code, output = await run_to_its_end([program(), *QUIET, "-re", "-i", str(clip), *target])
            assert exit_code != 0
            assert "The push URL has expired" in output
        assert here.gate.names() == ["admit"]

    uvloop.run(main())


def test_a_cut_ffmpeg_stops(clip: Path) -> None:
    async def main() -> None:
        async with ingest() as here, running(ffmpeg_command(here.url("live/room1"))) as process:
            ticket, *_ = await here.gate.wait("announce")
            here.server.cut(ticket, reasons.FORBIDDEN)
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) != 0
        assert here.gate.names() == ["admit", "announce"]

    uvloop.run(main())
