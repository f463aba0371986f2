"""The record job on tags of real clips, without processes: cuts, changes, breaks, and a disk that fills up."""

import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from airhook.core import flv
from airhook.core.flv import Tag
from airhook.media import jobs, spool
from airhook.media.protocol import (
    FaultReport,
    FileReport,
    FormatSpec,
    RecordFormat,
    RecordSpec,
    Report,
    StatusReport,
    Subject,
    Task,
)
from airhook.media.record.job import MAX_CHANGES, RecordJob
from airhook.media.record.repair import repair
from support.media import clip, codecs, errors_of_decoding, probe

SUBJECT = Subject(account_id=1, appid=1, domain="push.example.com", app="live", stream="room1001")
FORMATS: tuple[RecordFormat, ...] = ("flv", "hls", "mp4", "aac")


class Bench:
    """A job in a folder of its own, and what it reported."""

    def __init__(self, folder: Path, *formats: RecordFormat, **options: Any) -> None:
        specs = [FormatSpec(format=form, **options) for form in formats]
        job = RecordSpec(formats=specs, segment_s=1.0)
        self.task = Task(id="7", subject=SUBJECT, session_id=1, job=job)
        self.folder = spool.TaskFolder(folder / "spool" / "7")
        self.folder.create(self.task)
        self.job = RecordJob(jobs.Context(self.task, self.folder, lambda _note: None), job)
        self.job.begin_input()

    def feed(self, tags: Iterable[Tag]) -> "Bench":
        for tag in tags:
            self.job.take(tag)
        return self

    def end(self) -> "Bench":
        self.job.end_input()
        assert self.job.over
        return self

    def reports(self) -> list[Report]:
        notes = [spool.read_note(path) for path in self.folder.notes()]
        return [note.report for note in notes if note is not None]

    def files(self, form: RecordFormat) -> list[FileReport]:
        return [one for one in self.reports() if isinstance(one, FileReport) and one.format == form]

    def faults(self, form: RecordFormat) -> dict[int, int]:
        """How often each kind occurred."""
        return {
            one.fault: one.occurs
            for one in self.reports()
            if isinstance(one, FaultReport) and one.format == form
        }

    def events(self, form: RecordFormat) -> list[str]:
        return [one.event for one in self.reports() if isinstance(one, StatusReport) and one.format == form]

    def path(self, report: FileReport) -> Path:
        return self.folder.path / report.path / report.entry


def tags_of(path: Path, *, after_ms: int = 0) -> list[Tag]:
    """A clip's tags, as if the stream had run for so long before."""
    tags = flv.TagReader().feed(path.read_bytes())
    return [Tag(tag.type, (tag.timestamp + after_ms) & 0xFFFFFFFF, tag.body) for tag in tags]


def without_headers(tags: list[Tag]) -> list[Tag]:
    return [tag for tag in tags if not (tag.type == flv.VIDEO and flv.is_video_header(tag.body))]


def test_files_are_cut_at_the_first_key_frame_after_the_interval(tmp_path):
    bench = Bench(tmp_path, "flv", "mp4", interval_s=1.5).feed(tags_of(clip("b-frames", 6))).end()
    for form in ("flv", "mp4"):
        files = bench.files(form)
        assert [round(file.duration_ms / 1000) for file in files] == [2, 2, 2]
        pictures = 0
        for file in files:
            seen = probe(bench.path(file))
            assert errors_of_decoding(bench.path(file)) == ""
            assert codecs(seen) == {"video": "h264", "audio": "aac"}
            pictures += int(seen["streams"][0]["nb_read_packets"])
        assert pictures == 150, "none is lost between two files"
        assert bench.events(form) == ["record_start_succeeded", "record_ended"]
        assert len({file.id for file in files}) == 3


def test_a_change_of_resolution_cuts_files_and_marks_a_break_in_an_hls(tmp_path):
    large = [*tags_of(clip("plain", 4)), *tags_of(clip("large", 4), after_ms=4000)]
    bench = Bench(tmp_path, "flv", "hls", "mp4").feed(large).end()
    for form in ("flv", "mp4"):
        sizes = [(file.width, file.height) for file in bench.files(form)]
        assert sizes == [(320, 180), (640, 360)]
        for file in bench.files(form):
            video = next(one for one in probe(bench.path(file))["streams"] if one["codec_type"] == "video")
            assert (video["width"], video["height"]) == (file.width, file.height)
            assert errors_of_decoding(bench.path(file)) == ""
            assert abs(file.duration_ms - 4000) <= 100
        assert set(bench.faults(form)) == {-100, -120}
    (hls,) = bench.files("hls")
    playlist = bench.path(hls).read_text()
    assert playlist.count("#EXT-X-DISCONTINUITY") == 1
    assert abs(hls.duration_ms - 8000) <= 200


def test_a_stream_that_changes_without_end_makes_no_file_of_each_change(tmp_path):
    """A hostile publisher's: a codec header that differs, and a key frame, a thousand times."""
    tags = tags_of(clip("video", 4))
    header = next(tag for tag in tags if tag.type == flv.VIDEO and flv.is_video_header(tag.body))
    key = next(tag for tag in tags if tag.type == flv.VIDEO and tag is not header)
    bench = Bench(tmp_path, "flv")
    bench.feed(tags[:2])
    for n in range(1000):
        bench.feed([Tag(flv.VIDEO, n * 40, header.body + bytes([n % 2])), Tag(flv.VIDEO, n * 40, key.body)])
        bench.feed([Tag(flv.VIDEO, n * 40 + 20, key.body), Tag(flv.VIDEO, n * 40 + 30, key.body)])
    bench.end()
    assert 1 <= len(bench.files("flv")) <= MAX_CHANGES
    assert bench.events("flv") == ["record_start_succeeded", "record_ended"]


def endless(tags: list[Tag], frame_bytes: int, count: int, step_ms: int) -> Iterable[Tag]:
    """A key frame, and then pictures of that size which never end their group."""
    header = next(tag for tag in tags if tag.type == flv.VIDEO and flv.is_video_header(tag.body))
    key = next(tag for tag in tags if tag.type == flv.VIDEO and tag is not header)
    yield from (header, key)
    picture = b"\x27" + key.body[1:] + bytes(frame_bytes)
    for n in range(count):
        yield Tag(flv.VIDEO, (n + 1) * step_ms, picture)


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        pytest.param(
            "True", "endless(tags, 3_000_000, 180, 0)", id="a group without an end, and without time"
        ),
        pytest.param("True", "endless(tags, 3_000_000, 180, 40)", id="a group without an end"),
        pytest.param("False", "list(endless(tags, 3_000_000, 180, 0))[2:]", id="no key frame at all"),
    ],
)
def test_a_hostile_stream_is_not_kept_in_memory(tmp_path, first, rest):
    """In a process of its own, whose memory shows: it gets 540 MB of pictures."""
    script = f"""
import resource, sys; sys.path[:0] = {sys.path!r}
from pathlib import Path
from unit.media.test_record_job import Bench, Tag, endless, tags_of
bench = Bench(Path({str(tmp_path)!r}), "hls", "mp4")
tags = tags_of(Path({str(clip("video", 4))!r}))
if {first}:
    bench.feed(endless(tags, 3_000_000, 20, 40))
before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bench.feed(Tag(tag.type, tag.timestamp, tag.body + b"x") for tag in {rest})
bench.end()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 250


def test_sound_that_begins_later_is_in_the_next_file(tmp_path):
    silent = tags_of(clip("video", 4))
    loud = [tag for tag in tags_of(clip("plain", 4), after_ms=4000) if tag.type != flv.SCRIPT]
    bench = Bench(tmp_path, "mp4").feed([*silent, *loud]).end()
    first, second = bench.files("mp4")
    assert codecs(probe(bench.path(first))) == {"video": "h264"}
    assert codecs(probe(bench.path(second))) == {"video": "h264", "audio": "aac"}


@pytest.mark.parametrize("jump_ms", [-3_000_000, 60_000_000, (1 << 32) - 5000])
def test_timestamps_that_jump_or_wrap_leave_no_gap_in_the_file(tmp_path, jump_ms):
    """The clip is pushed from 3,000 s on; then its timestamps jump, or wrap at 2**32."""
    begin_ms = jump_ms if jump_ms > (1 << 31) else 3_000_000
    wraps = begin_ms == jump_ms
    first = tags_of(clip("plain", 6), after_ms=begin_ms)
    second = tags_of(clip("plain", 6), after_ms=begin_ms + (6100 if wraps else jump_ms))
    bench = Bench(tmp_path, "flv", "mp4").feed([*first, *without_headers(second)]).end()
    for form in ("flv", "mp4"):
        (file,) = bench.files(form)
        assert abs(file.duration_ms - 12_000) <= 300
        assert abs(float(probe(bench.path(file))["format"]["duration"]) - 12) <= 0.5
        assert bool(bench.faults(form)) != wraps


def test_frames_that_a_lagging_worker_lost_are_told_of(tmp_path):
    tags = tags_of(clip("plain", 6))
    lost = [tag for tag in tags if 2000 <= tag.timestamp < 4000]
    pictures = sum(tag.type == flv.VIDEO for tag in lost)
    gap = Tag(flv.SCRIPT, 0, flv.dropped_body(pictures, len(lost) - pictures))
    at = tags.index(lost[0])
    left = [*tags[:at], gap, *[tag for tag in tags[at:] if tag not in lost]]
    bench = Bench(tmp_path, "flv").feed(left).end()
    assert {fault: occurs for fault, occurs in bench.faults("flv").items() if fault in (-130, -131)} == {
        -130: pictures,
        -131: len(lost) - pictures,
    }
    assert len(bench.files("flv")) == 1


@pytest.mark.parametrize("kind", ["plain", "b-frames", "audio", "video", "hevc", "mp3"])
def test_nothing_is_odd_about_what_sound_encoders_send(tmp_path, kind):
    bench = Bench(tmp_path, "flv").feed(tags_of(clip(kind, 12))).end()
    assert bench.faults("flv") == {}


def _later(tags: list[Tag], video: bool, by_ms: Callable[[int], int]) -> list[Tag]:
    """The stamps of one kind moved, by what a stamp says."""
    kind = flv.VIDEO if video else flv.AUDIO
    return [
        Tag(tag.type, tag.timestamp + by_ms(tag.timestamp), tag.body) if tag.type == kind else tag
        for tag in tags
    ]


def _stopped(tags: list[Tag], video: bool) -> list[Tag]:
    """One kind with the same stamp from the second second on."""
    return _later(tags, video, lambda ms: min(0, 2000 - ms))


def _one_key(tags: list[Tag]) -> list[Tag]:
    """The first key frame, and nothing but pictures that depend on it."""
    first = next(tag for tag in tags if tag.type == flv.VIDEO and not flv.is_video_header(tag.body))
    return [
        Tag(tag.type, tag.timestamp, b"\x27" + tag.body[1:])
        if tag.type == flv.VIDEO and tag is not first and not flv.is_video_header(tag.body)
        else tag
        for tag in tags
    ]


ODD: dict[int, Callable[[list[Tag]], list[Tag]]] = {
    -10: lambda tags: _later(tags, False, lambda ms: 3500 if ms > 4000 else 0),
    -22: lambda tags: _stopped(tags, False),
    -23: lambda tags: _stopped(tags, True),
    -132: _one_key,
    -200: lambda tags: _later(tags, False, lambda ms: ms // 23 % 2 * -22),
    -201: lambda tags: _later(tags, True, lambda ms: ms // 40 % 2 * 38),
}


@pytest.mark.parametrize("fault", ODD)
def test_what_is_odd_about_a_stream_is_told(tmp_path, fault):
    bench = Bench(tmp_path, "flv").feed(ODD[fault](tags_of(clip("plain", 12)))).end()
    assert bench.faults("flv")[fault] >= 1


def test_an_hls_waits_for_the_push_to_come_back_and_then_ends(tmp_path):
    bench = Bench(tmp_path, "hls", continue_s=60.0).feed(tags_of(clip("plain", 4)))
    bench.job.end_input()
    assert not bench.job.over
    assert not bench.files("hls")
    bench.job.begin_input()
    bench.feed(tags_of(clip("plain", 4)))
    bench.job.end_input()
    bench.job.finish()
    assert bench.job.over
    (file,) = bench.files("hls")
    assert abs(file.duration_ms - 8000) <= 200
    assert bench.events("hls") == [
        "record_start_succeeded",
        "record_paused",
        "record_resumed",
        "record_paused",
        "record_ended",
    ]


def test_nothing_is_told_of_a_stream_without_a_packet(tmp_path):
    bench = Bench(tmp_path, *FORMATS).feed(tags_of(clip("plain", 4))[:2]).end()
    assert not bench.reports()


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_dead_worker_left_is_repaired_and_told_of_once(tmp_path, form):
    bench = Bench(tmp_path, form).feed(tags_of(clip("b-frames", 6))[:-60])
    copy = bench.folder.path.parent / "copy"
    subprocess.run(["cp", "-r", bench.folder.path, copy], check=True)  # as the death left it
    left = spool.TaskFolder(copy)
    left.hold()
    repair(left, bench.task)
    repair(left, bench.task)
    notes = [spool.read_note(path) for path in left.notes()]
    reports = [note.report for note in notes if note is not None]
    (file,) = [one for one in reports if isinstance(one, FileReport)]
    assert file.recovered
    assert 3000 <= file.duration_ms <= 6000
    place = copy / file.path / file.entry
    assert errors_of_decoding(place) == ""
    if form != "aac":
        assert abs(float(probe(place)["format"]["duration"]) * 1000 - file.duration_ms) <= 200
    assert [one.event for one in reports if isinstance(one, StatusReport)] == [
        "record_start_succeeded",
        "record_error",
    ]
    assert not list(copy.glob("*.live"))
    bench.end()


def test_a_file_that_cannot_grow_is_closed_told_of_and_followed_by_another(tmp_path):
    """In a process of its own, since a limit of file sizes stands for the full disk."""
    script = f"""
import sys; sys.path[:0] = {sys.path!r}
from pathlib import Path
from unit.media.test_record_job import run_with_small_files
run_with_small_files(Path({str(tmp_path)!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    reports = msgspec.json.decode(done.stdout, type=list[Report])
    for form in ("flv", "mp4"):
        told = [one.event for one in reports if isinstance(one, StatusReport) and one.format == form]
        assert told[:2] == ["record_start_succeeded", "record_error"], form
        errors = [one for one in reports if isinstance(one, FaultReport) and one.format == form]
        assert {(one.fault, one.level) for one in errors} == {(-104, "error")}
        (file,) = [one for one in reports if isinstance(one, FileReport) and one.format == form]
        place = tmp_path / "spool" / "7" / file.path
        assert errors_of_decoding(place) == "", form
        assert file.bytes == place.stat().st_size <= SMALL_BYTES


SMALL_BYTES = 150_000


def run_with_small_files(folder: Path) -> None:
    tags = tags_of(clip("b-frames", 6))
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES, SMALL_BYTES))
    bench = Bench(folder, "flv", "mp4").feed(tags).end()
    sys.stdout.buffer.write(msgspec.json.encode(bench.reports()))
