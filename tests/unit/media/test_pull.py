"""Pulling from other media servers: it works with a real one, and a hostile one gets nowhere."""

import asyncio
import contextlib
import http.server
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from airhook.core import flv
from airhook.core.clock import IdMaker, SystemClock
from airhook.core.flv import Tag
from airhook.media import supervisor
from airhook.media.protocol import (
    FileReport,
    FormatSpec,
    Limits,
    PullInput,
    PushInput,
    RecordSpec,
    Subject,
)
from airhook.media.pull import PROTOCOLS, Pull, PullError, options
from airhook.media.spool import read_note
from airhook.media.supervisor import PoolSettings, Supervisor
from support.media import clip, errors_of_decoding, probe
from support.ports import free_port
from support.publishers import debian_ffmpeg, publishing

WITHIN_S = 60
SUBJECT = Subject(account_id=1, appid=1, domain="push.example.com", app="live", stream="room1")
JOB = RecordSpec(formats=[FormatSpec(format="mp4")])


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


def a_pool(
    folder: Path,
    on_report: Callable[[str], None] = lambda _path: None,
    on_over: Callable[[str], None] = lambda _key: None,
    *,
    limits: Limits | None = None,
) -> Supervisor:
    """Without outlets."""
    return Supervisor(
        folder / "spool",
        "",
        PoolSettings(limits=limits or Limits()),
        IdMaker(SystemClock()),
        on_report=on_report,
        on_retired=lambda _folder: None,
        on_over=on_over,
    )


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
        pool = a_pool(tmp_path, notes.append, over.put_nowait)
        with publishing(server) as serving_process:
            await _listens(url)
            pool.begin(SUBJECT, 1, JOB, PullInput(url=url, session_id=1))
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
    "a file by another protocol": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nftp://127.0.0.1{secret}\n#EXT-X-ENDLIST\n",
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


def test_a_playlist_that_names_itself_a_thousand_times_ends_its_own_worker_and_no_other(
    tmp_path, monkeypatch, caplog
):
    """FFmpeg looks into each of them, and heeds no time-out meanwhile."""
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 60.0)
    monkeypatch.setattr(supervisor, "IDLE_S", 60.0)
    (tmp_path / "web").mkdir()
    itself = "".join(f"#EXT-X-STREAM-INF:BANDWIDTH=1\nlive.m3u8?{n}\n" for n in range(1000))
    (tmp_path / "web" / "live.m3u8").write_text(f"#EXTM3U\n{itself}")

    async def main(site: str) -> None:
        pool = a_pool(tmp_path, limits=Limits(memory_bytes=1 << 30))
        innocent = pool.begin(SUBJECT, 1, JOB, PushInput(session_id=1, epoch=1))
        hostile = PullInput(url=f"{site}/live.m3u8", session_id=2, open_s=1, read_s=1)
        pulling = ""
        try:
            async with asyncio.timeout(WITHIN_S):
                while not pool.stats().deaths:
                    if (
                        pulling not in pool.placements()
                    ):  # a slow machine may not have had the playlist in time
                        pulling = pool.begin(SUBJECT, 2, JOB, hostile)
                    await asyncio.sleep(0.05)
            assert pool.stats().deaths == 1
            assert innocent in pool.placements()
        finally:
            await pool.close()

    with serving(tmp_path / "web") as site:
        uvloop.run(main(site))
    assert "is not open after 6 s" in caplog.text or "ended with 70" in caplog.text


class Sly(http.server.BaseHTTPRequestHandler):
    """``/to/<URL>`` sends there, and anything else is without an end."""

    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(JUNK)

    def log_message(self, *_: object) -> None: ...


JUNK = bytes(range(256)) * 64


@contextlib.contextmanager
def sly() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sly) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_redirect_to_a_file_is_not_followed(tmp_path):
    secret = tmp_path / "secret.flv"
    secret.write_bytes(clip("plain", 4).read_bytes())
    with sly() as site:
        tags, why = pulled(f"{site}/to/file://{secret}", open_s=3, read_s=3)
    assert not tags
    assert why


@pytest.mark.parametrize("name", ["live.flv", "live.m3u8"])
def test_bytes_without_an_end_and_without_a_sense_are_left_after_their_time(name):
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with sly() as site:
        tags, why = pulled(f"{site}/{name}", open_s=1, read_s=1)
    assert not tags
    assert why
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100_000


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
