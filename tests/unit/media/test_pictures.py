"""From key frames to JPEG: sizes, colours, broken frames, names."""

import asyncio
import io
import random
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest
from PIL import Image

from airhook.core import flv
from airhook.core.flv import Tag, TagReader
from airhook.media import dying
from airhook.media.jobs import Context
from airhook.media.pictures import job as picture_jobs
from airhook.media.pictures.decode import DecodeError, decode_key
from airhook.media.pictures.job import SnapshotJob
from airhook.media.pictures.jpeg import encode, fitted
from airhook.media.pictures.names import picture_path
from airhook.media.protocol import AuditSpec, PictureReport, SnapshotSpec, Subject, Task
from airhook.media.spool import TaskFolder, read_note
from airhook.media.store.base import check_path
from support import blobs
from support.media import clip

SUBJECT = Subject(account_id=7, appid=1300000001, domain="push.example.com", app="live", stream="room1001")
AT_MS = 1_768_478_525_250  # 2026-01-15 20:02:05 in Beijing


def tags(kind: str = "plain", seconds: float = 3) -> list[Tag]:
    return list(TagReader().feed(clip(kind, seconds).read_bytes()))


def header_and_keys(kind: str) -> tuple[Tag, list[Tag]]:
    video = [tag for tag in tags(kind) if tag.type == flv.VIDEO]
    coded = [(tag, flv.coded_video(tag.body)) for tag in video]
    header = next(tag for tag in video if flv.is_video_header(tag.body))
    return header, [tag for tag, one in coded if one is not None and one.key]


@pytest.mark.parametrize("kind", ["plain", "b-frames", "hevc"])
def test_every_key_frame_gives_a_picture_of_the_stream_s_size(kind):
    header, keys = header_and_keys(kind)
    assert len(keys) == 3
    for key in keys:
        picture = encode(decode_key(header, key))
        assert Image.open(io.BytesIO(picture.data)).size == (320, 180) == (picture.width, picture.height)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ((0, 0), (1280, 720)),  # as the stream has it
        ((640, 0), (640, 360)),
        ((0, 360), (640, 360)),
        ((640, 640), (640, 360)),  # within both, nothing is stretched
        ((300, 100), (178, 100)),
        ((3000, 0), (3000, 1688)),
        ((0, 1), (2, 2)),  # as small as pictures are
    ],
)
def test_a_picture_keeps_the_stream_s_shape_within_the_template_s_size(wanted, given):
    assert fitted(1280, 720, *wanted) == given


def test_white_and_black_stay_what_they_are():
    for colour, level in ((255, 255), (0, 0)):
        frame = av.VideoFrame.from_image(blobs.flat((colour,) * 3)).reformat(format="yuv420p")
        levels = Image.open(io.BytesIO(encode(frame).data)).convert("L").tobytes()
        assert all(abs(one - level) <= 2 for one in (min(levels), max(levels)))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda body: body[:5] + b"\xff" * (len(body) - 5), id="noise"),
        pytest.param(lambda body: body[:9], id="cut off"),
        pytest.param(lambda body: b"\x1f" + body[1:], id="a codec that does not exist"),
        pytest.param(lambda body: b"\x27" + body[1:], id="no key frame"),
        pytest.param(lambda body: b"", id="nothing"),
    ],
)
def test_a_broken_key_frame_is_said_to_be_one(damage):
    header, keys = header_and_keys("plain")
    broken = keys[0]._replace(body=damage(bytes(keys[0].body)))
    with pytest.raises(DecodeError):
        decode_key(header, broken)


def test_whatever_a_publisher_sends_it_is_a_picture_or_a_fault():
    header, keys = header_and_keys("plain")
    chance = random.Random(7)
    outcomes = {True: 0, False: 0}
    for _ in range(150):
        tags = [header, keys[0]]
        spoiled = bytearray(tags[(which := chance.randrange(2))].body)
        for _ in range(chance.randrange(1, 20)):
            spoiled[chance.randrange(5, min(len(spoiled), 400))] = chance.randrange(256)
        tags[which] = tags[which]._replace(body=bytes(spoiled))
        try:
            encode(decode_key(*tags), 64)
            outcomes[True] += 1
        except DecodeError:
            outcomes[False] += 1
    assert all(outcomes.values()), outcomes


def test_a_frame_of_more_pixels_than_allowed_is_not_decoded(monkeypatch):
    header, keys = header_and_keys("plain")
    monkeypatch.setattr("airhook.media.pictures.decode.MAX_PIXELS", 320 * 180 - 1)
    with pytest.raises(DecodeError):
        decode_key(header, keys[0])
    monkeypatch.setattr("airhook.media.pictures.decode.MAX_PIXELS", 7680 * 4320)
    decode_key(header, keys[0])


# --- names ---


def report(**changed: Any) -> PictureReport:
    known: dict[str, Any] = {"id": "42", "path": "1.jpg", "at_ms": AT_MS, "width": 1280, "height": 720}
    return PictureReport(**{**known, "bytes": 1000, **changed})


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (SnapshotSpec(), "2026-01-15/room1001-screenshot-20-02-05-1280x720.jpg"),
        (
            SnapshotSpec(prefix="/{AppName}/x/", file_name="{StreamID}_{Millisecond}{Ext}"),
            "live/x/room1001_250-42.jpg",
        ),
        (SnapshotSpec(prefix="../../etc", file_name="pass/wd"), "etc/pass-wd-42.jpg"),
        (SnapshotSpec(prefix=".", file_name=".hidden"), "hidden-42.jpg"),
        (SnapshotSpec(prefix=".", file_name=".."), "42.jpg"),
        (SnapshotSpec(file_name="{Unknown}"), "2026-01-15/{Unknown}-42.jpg"),
        (SnapshotSpec(api_task_id="t1", file_name="a"), "2026-01-15/a-t1-42.jpg"),
        (
            SnapshotSpec(api_task_id="t1"),
            "2026-01-15/room1001-screenshot-20-02-05-1280x720-t1.jpg",
        ),
        (SnapshotSpec(file_name="{RandomID}{Ext}"), "2026-01-15/42.jpg"),
        (SnapshotSpec(file_name="{Hour}{Minute}{Second}"), "2026-01-15/200205-42.jpg"),  # of which stream?
        (
            SnapshotSpec(prefix="x", file_name="{StreamID}-{Hour}-{Minute}-{Second}"),
            "x/room1001-20-02-05-42.jpg",
        ),
        (SnapshotSpec(file_name="測" * 200), "2026-01-15/" + "測" * 71 + "-42.jpg"),
    ],
)
def test_pictures_lie_where_their_template_says_and_nowhere_else(spec, path):
    made = picture_path(SUBJECT, spec, report())
    assert made == f"push.example.com/live/{path}"
    assert check_path(made) == made


def test_a_folder_of_any_length_leaves_a_path_that_a_store_takes_and_that_tells_pictures_apart():
    subject = Subject(account_id=7, appid=1, domain="d" * 250, app="a" * 200, stream="s" * 255)
    spec = SnapshotSpec(
        prefix="{StreamID}/" * 20, file_name="{StreamID}-{Year}{Month}{Day}{Hour}{Minute}{Second}"
    )
    one, other = (picture_path(subject, spec, report(id=number)) for number in ("42", "43"))
    assert check_path(one) == one
    assert one != other


# --- the job ---


def test_a_picture_that_takes_for_ever_ends_its_worker(tmp_path, monkeypatch):
    ended: list[str] = []
    monkeypatch.setattr(picture_jobs, "die", lambda _status, why: ended.append(why))
    never: Future[Any] = Future()
    monkeypatch.setattr(picture_jobs, "_thread", lambda: SimpleNamespace(submit=lambda *_: never))

    async def main():
        bench = Bench(tmp_path, every_s=10.0)
        bench.job.begin_input()
        for tag in tags():
            bench.job.take(tag)
        for later_s, dies in ((59, False), (2, True)):
            bench.now += later_s
            bench.job.tick()
            assert bool(ended) == dies
        never.set_exception(DecodeError("at last"))
        await asyncio.sleep(0)

    asyncio.run(main())
    assert "takes longer than 60 s" in ended[0]


class Bench:
    """A snapshot job with a clock of its own, on a real task folder."""

    def __init__(self, folder: Path, **spec: Any) -> None:
        self.now = 100.0
        self.notes: list[PictureReport] = []
        wanted = SnapshotSpec(**spec)
        task = Task(id="1", subject=SUBJECT, session_id=5, job=wanted)
        held = TaskFolder(folder / "1")
        held.create(task)
        self.context = Context(task, held, self._told)
        self.folder = folder / "1"
        self.job = SnapshotJob(self.context, wanted, monotonic=lambda: self.now)
        self.news = asyncio.Event()

    def _told(self, path: Path) -> None:
        note = read_note(path)
        assert note is not None
        assert isinstance(note.report, PictureReport)
        self.notes.append(note.report)
        self.news.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.notes) < count:
                self.news.clear()
                await self.news.wait()


def test_the_job_takes_a_picture_at_once_then_one_each_interval(tmp_path):
    header, keys = header_and_keys("plain")

    async def main() -> None:
        bench = Bench(tmp_path, every_s=10, width=160)
        bench.job.begin_input()
        bench.job.take(header)
        times = [0, 5, 9.5, 9.8, 12, 20.1, 29, 60]  # of key frames; 9.8 is nearly 10
        for at in times:
            bench.now = 100 + at
            before = len(bench.notes)
            bench.job.take(keys[0])
            is_due = at in (0, 9.8, 20.1, 60)
            assert bench.job.under_way is is_due, at
            if is_due:
                await bench.until(before + 1)
        assert [(one.width, one.height) for one in bench.notes] == [(160, 90)] * 4
        assert len({one.id for one in bench.notes}) == 4
        for one in bench.notes:
            data = (bench.folder / one.path).read_bytes()
            assert len(data) == one.bytes
            assert Image.open(io.BytesIO(data)).size == (160, 90)
            assert one.nsfw is None
        bench.job.end_input()
        assert bench.job.over

    asyncio.run(main())


def test_a_broken_frame_costs_one_picture_and_not_the_job(tmp_path):
    header, keys = header_and_keys("plain")

    async def main() -> None:
        bench = Bench(tmp_path, every_s=2)
        bench.job.begin_input()
        bench.job.take(header)
        bench.job.take(keys[0]._replace(body=bytes(keys[0].body[:9])))
        bench.job.end_input()
        async with asyncio.timeout(20):
            while not bench.job.over:
                await asyncio.sleep(0.01)
        bench.now += 2
        bench.job.begin_input()
        bench.job.take(header)
        bench.job.take(keys[1])
        bench.job.finish()  # waits for the picture under way
        assert len(bench.notes) == 1
        assert bench.job.over

    asyncio.run(main())


def test_a_template_with_audit_has_its_pictures_judged_in_the_worker(tmp_path):
    header, keys = header_and_keys("plain")

    async def main() -> None:
        bench = Bench(tmp_path, every_s=2, audit=AuditSpec())
        bench.job.begin_input()
        bench.job.take(header)
        bench.job.take(keys[0])
        await bench.until(1)
        assert bench.notes[0].nsfw is not None
        assert 0 <= bench.notes[0].nsfw < 0.2

    asyncio.run(main())


def test_a_worker_without_memory_for_a_picture_ends(tmp_path, monkeypatch):
    """Not the picture alone: none would come any more."""

    def nothing_left(*_: object) -> Any:
        raise av.error.MemoryError(12, "Cannot allocate memory")

    monkeypatch.setattr("airhook.media.pictures.decode._decode", nothing_left)
    header, keys = header_and_keys("plain")
    with pytest.raises(MemoryError):
        decode_key(header, keys[0])
    ended: list[int] = []
    monkeypatch.setattr("airhook.media.dying.os._exit", ended.append)

    async def main():
        asyncio.get_running_loop().set_exception_handler(dying.judge)
        bench = Bench(tmp_path, every_s=2.0)
        bench.job.begin_input()
        for tag in tags():
            bench.job.take(tag)
        async with asyncio.timeout(30):
            while not ended:
                await asyncio.sleep(0.01)

    asyncio.run(main())
    assert ended[0] == dying.MEMORY_STATUS
