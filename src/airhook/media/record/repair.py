"""Files whose worker died: they are made whole, measured, and told of like any other."""

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import msgspec

from airhook.media.protocol import FileReport, StatusReport, Task
from airhook.media.record import flvfile, hlsfile, mp4file
from airhook.media.record.names import digits
from airhook.media.record.recording import FAILURES, Live, report_of
from airhook.media.spool import LIVE_SUFFIX, TaskFolder, read_note

log = logging.getLogger("airhook.media")

_DEMUXERS = {"mp4": "mp4", "aac": "aac", "mp3": "mp3", "hls": "mpegts"}


def repair(folder: TaskFolder, task: Task) -> None:
    """Finish every file that lies beside its ``.live``. Raises ``OSError`` when the disk does not let us."""
    told = {note.report.id for path in folder.notes() if (note := read_note(path)) is not None}
    for beside in sorted(folder.path.glob(f"*{LIVE_SUFFIX}")):
        live = _read(beside)
        if live is not None and live.id not in told:
            report = repair_file(folder.path, live)
            if report is not None:
                folder.note(task, report)
            folder.note(task, _broken(task, live))
        beside.unlink()


def repair_file(folder: Path, live: Live) -> FileReport | None:
    """Make a file whole; None when nothing in it plays: it is removed then. Raises ``OSError``."""
    path = folder / live.path
    if not path.exists():
        return None
    end_us = _last_written_us(path)
    duration_ms = _make_whole(path, live)
    if duration_ms <= 0:
        log.warning("nothing of a broken recording plays; it is removed", extra={"file": live.path})
        _remove(path)
        return None
    return report_of(folder, live, end_us, duration_ms, recovered=True)


def _make_whole(path: Path, live: Live) -> int:
    if live.format == "flv":
        return flvfile.repair(path, live.width, live.height)
    if live.format == "hls":
        return hlsfile.repair(path)
    if live.format == "mp4":
        return _remux(path)
    return measure(path, _DEMUXERS[live.format])


def measure(path: Path, demuxer: str) -> int:
    """Milliseconds of media in the packets that are whole; 0 when there are none."""
    try:
        with _open(path, demuxer) as source:
            first, last = None, 0.0
            for packet in _whole_packets(source):
                begin = float(packet.dts * packet.time_base)
                first = begin if first is None else min(first, begin)
                last = max(last, begin + float((packet.duration or 0) * packet.time_base))
    except FAILURES:
        return 0
    return round((last - first) * 1000) if first is not None else 0


def _remux(path: Path) -> int:
    """Copy the whole packets of a broken MP4 into a sound one."""
    whole = path.with_name(path.name + ".part")
    copied = 0
    try:
        with _open(path, "mp4") as source, av.open(str(whole), "w", format="mp4") as sink:
            copies = {one.index: sink.add_stream_from_template(one) for one in source.streams}
            for packet in _whole_packets(source):
                packet.stream = copies[packet.stream_index]
                sink.mux_one(packet)
                copied += 1
    except FAILURES as error:
        log.warning("a broken MP4 is cut after its last fragment, since it cannot be copied: %s", error)
        whole.unlink(missing_ok=True)
        mp4file.cut(path)
        return measure(path, "mp4")
    if not copied:
        whole.unlink(missing_ok=True)
        return 0
    whole.replace(path)
    return measure(path, "mp4")


def _whole_packets(source: Any) -> Iterator[Any]:
    with contextlib.suppress(*FAILURES):  # a cut end
        for packet in source.demux():
            if packet.dts is not None and packet.size and not packet.is_corrupt:
                yield packet


def _open(path: Path, demuxer: str) -> Any:
    return av.open(
        str(path), format=demuxer, options={"protocol_whitelist": "file"}, metadata_errors="ignore"
    )


def _broken(task: Task, live: Live) -> StatusReport:
    return StatusReport(
        id=digits(task.id, live.format, "broken", live.id),
        event="record_error",
        format=live.format,
        at_ms=time.time_ns() // 1_000_000,
    )


def _read(beside: Path) -> Live | None:
    try:
        return msgspec.json.decode(beside.read_bytes(), type=Live)
    except msgspec.MsgspecError:
        return None


def _last_written_us(path: Path) -> int:
    files = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
    return max((one.stat().st_mtime_ns for one in files), default=path.stat().st_mtime_ns) // 1000


def _remove(path: Path) -> None:
    from airhook.media import spool

    if path.is_dir():
        spool.drop(path)
    else:
        path.unlink(missing_ok=True)
