"""What reports of recordings mean: the file is stored, then the event is accepted (contract 2.3, 2.4, 2.9)."""

import asyncio
import logging
from pathlib import Path
from typing import Literal

from airhook.control.media_events import MediaEvents
from airhook.core.events import EventType
from airhook.core.facts.record import (
    CallbackExt,
    RecordDetail,
    RecordException,
    RecordFault,
    RecordFile,
    RecordStatus,
)
from airhook.core.record_templates import RecordTemplate
from airhook.media.protocol import (
    FaultReport,
    FileReport,
    FormatSpec,
    RecordFormat,
    RecordSpec,
    StatusReport,
    Task,
)
from airhook.media.record.names import digits
from airhook.media.record.paths import recording_path
from airhook.media.spool import drop, walk_files
from airhook.media.store.base import Key, MediaStore, content_type_of

log = logging.getLogger("airhook.media")

_FORMAT_NUMBERS: dict[RecordFormat, Literal[1, 2, 3, 4, 5]] = {
    "flv": 1,
    "hls": 2,
    "mp4": 3,
    "aac": 4,
    "mp3": 5,
}
_FAULT_FORMATS: dict[RecordFormat, Literal["flv", "ts", "mp4", "aac"]] = {
    "flv": "flv",
    "hls": "ts",
    "mp4": "mp4",
    "aac": "aac",
    "mp3": "aac",
}
_RULE: Literal[1] = 1  # start_model
_API: Literal[5] = 5


def record_spec(template: RecordTemplate, api_task_id: str = "") -> RecordSpec:
    """What a worker must know of a template."""
    formats = [
        FormatSpec(
            format=form.value,
            interval_s=float(param.interval_s),
            continue_s=float(template.hls_continue_s) if form.value == "hls" else 0.0,
            folder=param.cos_bucket_path,
            file_name=param.file_name,
        )
        for form, param in template.enabled.items()
    ]
    return RecordSpec(formats=formats, template_id=template.id, api_task_id=api_task_id)


class Recordings:
    """Handlers of the reports of record jobs."""

    def __init__(self, store: MediaStore, events: MediaEvents) -> None:
        self._store = store
        self._events = events

    async def file(self, task: Task, report: FileReport, folder: Path) -> None:
        """Raises ``StoreError`` and ``UnavailableError``; nothing is lost, and it may be called again."""
        source = folder / report.path
        if not await asyncio.to_thread(source.exists):
            # A crash came after the last line of an earlier call; or somebody took the file away.
            log.warning("a recording is not in the spool any more", extra={"file": str(source)})
            return
        url = await self._put(task, report, folder)
        await self._events.accept(
            task, EventType.RECORD_FILE, report.id, report.end_ms, _file_facts(task, report, url)
        )
        await asyncio.to_thread(_remove, source)  # a push may go on for weeks

    async def status(self, task: Task, report: StatusReport, _folder: Path) -> None:
        spec = _spec(task)
        facts = RecordStatus(
            appid=task.subject.appid,
            record_event=report.event,
            record_detail=RecordDetail(
                file_format=_FORMAT_NUMBERS[report.format],
                start_model=_API if spec.api_task_id else _RULE,
            ),
            session_id=recording_id(task, report.format),
            seq=report.id,
            task_id=spec.api_task_id or None,
        )
        await self._events.accept(task, EventType.RECORD_STATUS, report.id, report.at_ms, facts)

    async def fault(self, task: Task, report: FaultReport, _folder: Path) -> None:
        facts = RecordException(
            appid=task.subject.appid,
            session_id=recording_id(task, report.format),
            file_format=_FAULT_FORMATS[report.format],
            exception_level=report.level,
            exception=RecordFault(type=report.fault, occurs=report.occurs, desc=report.text),
        )
        await self._events.accept(task, EventType.RECORD_EXCEPTION, report.id, report.at_ms, facts)

    async def _put(self, task: Task, report: FileReport, folder: Path) -> str:
        """Store the file; of an HLS the segments first, so that its playlist never names what is not there."""
        place = recording_path(task.subject, _format_of(task, report.format), report)
        source = folder / report.path
        account = task.subject.account_id
        if not report.entry:
            path = f"{place}.{report.format}"
            return (await self._store.put(source, Key(account, path), content_type_of(path))).url
        for segment in await asyncio.to_thread(lambda: list(walk_files(source))):
            if segment.name != report.entry:
                path = f"{place}/{segment.name}"
                await self._store.put(segment, Key(account, path), content_type_of(path))
        path = f"{place}/{report.entry}"
        stored = await self._store.put(
            source / report.entry, Key(account, path), content_type_of(path), folder_link=True
        )
        return stored.url


def _remove(source: Path) -> None:
    if source.is_dir():
        drop(source)
    else:
        source.unlink(missing_ok=True)


def recording_id(task: Task, form: RecordFormat) -> str:
    """``session_id`` of the callbacks: one recording in one format, whatever number of files it has."""
    return digits(task.id, form)


def _file_facts(task: Task, report: FileReport, url: str) -> RecordFile:
    spec = _spec(task)
    size = f"{report.width}x{report.height}" if report.width and report.height else None
    return RecordFile(
        appid=task.subject.appid,
        file_id=report.id,
        record_file_id=report.id,
        file_format=report.format,
        start_time=report.start_ms // 1000,
        end_time=report.end_ms // 1000,
        start_time_usec=report.start_ms % 1000 * 1000 + report.start_us,
        end_time_usec=report.end_ms % 1000 * 1000 + report.end_us,
        duration=max(1, round(report.duration_ms / 1000)),
        file_size=report.bytes,
        video_url=url,
        media_start_time=report.media_start_ms,
        record_bps=0,
        record_temp_id=str(spec.template_id) if spec.template_id else "",
        task_id=spec.api_task_id or None,
        # CSS leaves it out for tasks of its API (contract 2.3).
        stream_param=None if spec.api_task_id else task.subject.stream_param,
        callback_ext=CallbackExt(
            video_codec=report.video_codec or None,
            resolution=size if report.video_codec else None,
            session_id=recording_id(task, report.format),
        ),
    )


def _spec(task: Task) -> RecordSpec:
    assert isinstance(task.job, RecordSpec)
    return task.job


def _format_of(task: Task, form: RecordFormat) -> FormatSpec:
    return next(one for one in _spec(task).formats if one.format == form)
