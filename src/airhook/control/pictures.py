"""From a picture in the spool to its events: it is stored, then told (200), then judged and told again (317).

A repeat after a crash makes the same ids, which are accepted once. The first event waits for nobody's detector.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from airhook.control.media_events import MediaEvents
from airhook.core.events import EventType
from airhook.core.facts.picture import ImageAudit, PictureScores, Screenshot
from airhook.media.detector.nsfw import scores_of
from airhook.media.detector.service import OwnVerdict, ServiceError
from airhook.media.detector.verdict import Scores, Thresholds, Verdict, judge
from airhook.media.pictures.names import picture_path
from airhook.media.protocol import AuditSpec, PictureReport, SnapshotSpec, Subject, Task
from airhook.media.store.base import Key, MediaStore, Stored

log = logging.getLogger("airhook.media")

JPEG = "image/jpeg"


class Detector(Protocol):
    """``media.detector.service.Service``."""

    async def judge(self, jpeg: bytes, subject: Subject) -> Scores | OwnVerdict: ...


class Pictures:
    """``handle`` is a handler of ``media.outbox``. ``detectors``: those that are asked from here, by their names."""

    def __init__(self, files: MediaStore, events: MediaEvents, detectors: Mapping[str, Detector]) -> None:
        self._files = files
        self._events = events
        self._detectors = detectors
        self.stored = 0
        self.audits: Counter[str] = Counter(Block=0, Review=0, Pass=0, failed=0)

    async def handle(self, task: Task, report: PictureReport, folder: Path) -> None:
        """Raises ``StoreError`` and ``UnavailableError``: it is to be tried again."""
        assert isinstance(task.job, SnapshotSpec)
        spec, file = task.job, folder / report.path
        if not await asyncio.to_thread(file.exists):
            return  # a crash came after the last line of an earlier call
        key = Key(task.subject.account_id, picture_path(task.subject, spec, report))
        stored = await self._files.put(file, key, JPEG)
        facts = _screenshot(task, report, stored)
        await self._events.accept(task, EventType.SCREENSHOT, report.id, report.at_ms, facts)
        self.stored += 1
        if spec.audit is not None:
            jpeg = await asyncio.to_thread(file.read_bytes)
            audit = await self._audit(task, report, spec.audit, jpeg, stored)
            self.audits[audit.suggestion if audit else "failed"] += 1
            if audit is not None:
                is_sent = audit.suggestion != "Pass" or spec.audit.send_pass
                await self._events.accept(
                    task, EventType.IMAGE_AUDIT, report.id, report.at_ms, audit, send=is_sent
                )
        await asyncio.to_thread(file.unlink)  # a task may go on for days

    async def _audit(
        self, task: Task, report: PictureReport, spec: AuditSpec, jpeg: bytes, stored: Stored
    ) -> ImageAudit | None:
        """None: the detector failed, and the log says why."""
        found: Scores | OwnVerdict | None = scores_of(report.nsfw) if report.nsfw is not None else None
        if spec.detector in self._detectors:
            try:
                found = await self._detectors[spec.detector].judge(jpeg, task.subject)
            except ServiceError as error:
                log.warning("a picture is not judged: %s", error, extra=_about(task.subject))
        if isinstance(found, Scores):
            thresholds = Thresholds(block=spec.block, review=spec.review, review_hot=spec.review_hot)
            return _judged(task, stored, judge(found, thresholds), found)
        return _told(task, stored, found) if found is not None else None


def _screenshot(task: Task, report: PictureReport, stored: Stored) -> Screenshot:
    assert isinstance(task.job, SnapshotSpec)
    return Screenshot(
        appid=task.subject.appid,
        file_size=report.bytes,
        width=report.width,
        height=report.height,
        pic_url=stored.path,
        pic_full_url=stored.url,
        stream_param=task.subject.stream_param,
        task_id=task.job.api_task_id or None,
    )


def _judged(task: Task, stored: Stored, verdict: Verdict, scores: Scores) -> ImageAudit:
    return ImageAudit(
        appid=task.subject.appid,
        img=stored.url,
        score=[verdict.score],
        suggestion=verdict.suggestion,
        label=verdict.label,
        sub_label=verdict.sub_label,
        label_results=list(verdict.label_results),
        stream_param=task.subject.stream_param,
        scores=PictureScores(normal=scores.normal, hot=scores.hot, porn=scores.porn),
    )


def _told(task: Task, stored: Stored, own: OwnVerdict) -> ImageAudit:
    return ImageAudit(
        appid=task.subject.appid,
        img=stored.url,
        score=own.score,
        suggestion=own.suggestion,
        label=own.label,
        sub_label=own.sub_label,
        type=own.type,
        ocr_msg=own.ocr_msg,
        label_results=own.label_results,
        object_results=own.object_results,
        ocr_results=own.ocr_results,
        lib_results=own.lib_results,
        stream_param=task.subject.stream_param,
    )


def _about(subject: Subject) -> dict[str, str]:
    return {"domain": subject.domain, "app": subject.app, "stream": subject.stream}
