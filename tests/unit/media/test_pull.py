"""Pulling from other media servers: it works with a real one, and a hostile one gets nowhere."""

import asyncio
import contextlib
import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop

from airhook.core import flv
from airhook.core.clock import IdMaker, SystemClock
from airhook.core.flv import Tag
from airhook.media.protocol import (
    FileReport,
    FormatSpec,
    PullInput,
    RecordSpec,
    Subject,
)
from airhook.media.pull import PROTOCOLS, Pull, PullError, options
from airhook.media.spool import read_note
from airhook.media.supervisor import PoolSettings, Supervisor
from support.media import clip, errors_of_decoding, probe
from support.publishers import debian_ffmpeg, publishing

WITHIN_S = 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe_socket:
        return int(probe_socket.getsockname()[1])


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A web server over a folder; gives its address, and keeps what was asked for in ``served``."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def pulled(url: str, **options_: float) -> tuple[list[Tag], str]:
    """Every tag of a pull, and why it ended."""
    reader, over = flv.TagReader(), threading.Event()
    tags: list[Tag] = []
    why = ""

    def end(text: str) -> None:
        nonlocal why
        why = text
        over.set()

    source = PullInput(
        url=url, session_id=1, open_s=options_.get("open_s", 10), read_s=options_.get("read_s", 10)
    )
    Pull(source, lambda data: tags.extend(reader.feed(data)), end)
    assert over.wait(WITHIN_S)
    return tags, why


def test_a_recording_of_a_stream_pulled_over_http_flv(tmp_path):
    """ffmpeg serves it live, as media servers do."""
    url = f"http://127.0.0.1:{free_port()}/live.flv"
    server = [debian_ffmpeg(), "-v", "error", "-nostdin", "-re", "-i", str(clip("b-frames", 4)), "-c", "copy", "-f", "flv", "-listen", "1", url]  # fmt: skip

    async def main() -> FileReport:
        over: asyncio.Queue[str] = asyncio.Queue()
        notes: list[str] = []
        pool = Supervisor(
            tmp_path / "spool",
            "",
            PoolSettings(),
            IdMaker(SystemClock()),
            on_report=notes.append,
            on_retired=lambda _folder: None,
            on_over=over.put_nowait,
        )
        subject = Subject(account_id=1, appid=1, domain="push.example.com", app="live", stream="room1")
        job = RecordSpec(formats=[FormatSpec(format="mp4")])
        with publishing(server) as serving_process:
            await _listens(url)
            pool.begin(subject, 1, job, PullInput(url=url, session_id=1))
            async with asyncio.timeout(WITHIN_S):
                await over.get()
            serving_process.kill()
        await pool.close()
        found = [read_note(tmp_path / "spool" / note) for note in notes]
        (report,) = [note.report for note in found if note and isinstance(note.report, FileReport)]
        return report

    report = uvloop.run(main())
    (path,) = (tmp_path / "spool").rglob("*.mp4")
    assert abs(report.duration_ms - 4000) <= 1000
    assert abs(float(probe(path)["format"]["duration"]) - 4) <= 1
    assert errors_of_decoding(path) == ""


async def _listens(url: str) -> None:
    """Until the port is bound; a connection would be taken for the one viewer that ffmpeg serves."""
    port = f":{int(url.split(':')[2].split('/', maxsplit=1)[0]):04X} "
    async with asyncio.timeout(WITHIN_S):
        while port not in Path("/proc/net/tcp").read_text():
            await asyncio.sleep(0.02)


HOSTILE = {
    "a file as a segment": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    "a file by its path": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{secret}\n#EXT-X-ENDLIST\n",
    "a file as a key": (
        '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-KEY:METHOD=AES-128,URI="file://{secret}"\n#EXTINF:4,\n'
        "segment.ts\n#EXT-X-ENDLIST\n"
    ),
    "several in one": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nconcat:{secret}|{secret}\n#EXT-X-ENDLIST\n",
    "a part of a file": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nsubfile,,start,0,end,9,,:{secret}\n#EXT-X-ENDLIST\n",
    "another playlist": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile://{secret}\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_playlist_opens_nothing_on_this_machine(tmp_path, what):
    (tmp_path / "web").mkdir()
    secret = tmp_path / "secret.ts"
    secret.write_bytes(clip("plain", 4).read_bytes())
    (tmp_path / "web" / "live.m3u8").write_text(HOSTILE[what].format(secret=secret))
    opened_before = secret.stat().st_atime_ns
    with serving(tmp_path / "web") as site:
        tags, why = pulled(f"{site}/live.m3u8", open_s=3, read_s=3)
    assert not tags
    assert why
    assert secret.stat().st_atime_ns == opened_before


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "concat:a|b", "/etc/passwd", "pipe:0", "data:text/plain,x", "ftp://host/x", ""],
)
def test_only_streams_of_the_network_can_be_pulled(url):
    with pytest.raises(PullError, match="cannot be pulled"):
        options(PullInput(url=url, session_id=1))


@pytest.mark.parametrize("scheme", PROTOCOLS)
def test_no_scheme_opens_files(scheme):
    allowed = options(PullInput(url=f"{scheme}://host/live/room1", session_id=1))["protocol_whitelist"]
    assert not {"file", "concat", "subfile", "data", "pipe", "unix"} & set(allowed.split(","))


def test_a_server_that_says_nothing_is_left_after_its_time():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        _, why = pulled(f"http://127.0.0.1:{mute.getsockname()[1]}/live.flv", open_s=0.5, read_s=0.5)
    assert why
