"""From a picture in the spool to its events: it is stored, then told (200), then judged and told again (317).

A repeat after a crash makes the same ids, which are accepted once. The first event waits for nobody's detector.
"""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from airhook.core.clock import Clock
from airhook.core.events import Event, EventType, Facts
from airhook.core.facts.picture import ImageAudit, PictureScores, Screenshot
from airhook.core.ports import EventPlanner, Store, Tx
from airhook.core.snapshot import ConfigHolder
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
    """``handle`` is a handler of ``media.outbox``. ``detectors`` by name: those that are asked from here."""

    def __init__(
        self,
        store: Store,
        config: ConfigHolder,
        planner: EventPlanner,
        clock: Clock,
        media: MediaStore,
        detectors: Mapping[str, Detector],
    ) -> None:
        self._store = store
        self._config = config
        self._planner = planner
        self._clock = clock
        self._media = media
        self._detectors = detectors

    async def handle(self, task: Task, report: PictureReport, folder: Path) -> None:
        """Raises ``StoreError`` and ``UnavailableError``: it is to be tried again."""
        assert isinstance(task.job, SnapshotSpec)
        spec, file = task.job, folder / report.path
        key = Key(task.subject.account_id, picture_path(task.subject, spec, report))
        stored = await self._media.put(file, key, JPEG)
        await self._accept(task, report, f"picture_{report.id}", _screenshot(task, report, stored))
        if spec.audit is not None:
            jpeg = await asyncio.to_thread(file.read_bytes)
            audit = await self._audit(task, report, spec.audit, jpeg, stored)
            if audit is not None:
                is_sent = audit.suggestion != "Pass" or spec.audit.send_pass
                await self._accept(task, report, f"audit_{report.id}", audit, send=is_sent)

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

    async def _accept(
        self, task: Task, report: PictureReport, event_id: str, facts: Facts, *, send: bool = True
    ) -> None:
        snapshot = self._config.current
        event = Event(
            id=event_id,
            account_id=task.subject.account_id,
            event_type=int(EventType.SCREENSHOT if isinstance(facts, Screenshot) else EventType.IMAGE_AUDIT),
            domain=task.subject.domain,
            app=task.subject.app,
            stream=task.subject.stream,
            session_id=task.session_id,
            occurred_ms=report.at_ms,
            accepted_ms=self._clock.now_ms(),
            config_version=snapshot.version,
            facts=facts,
        )
        deliveries = self._planner(event, snapshot) if send else []
        digest = hashlib.sha256(event_id.encode()).digest()  # the id says it all: a repeat is the same fact

        def work(tx: Tx) -> None:
            tx.accept_once(event, deliveries, digest)

        await self._store.transact(work)


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
