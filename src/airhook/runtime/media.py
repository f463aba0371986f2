"""The media part of a node: which jobs run, the workers that run them, and what becomes of their reports."""

import asyncio
from collections.abc import Callable, Mapping

from airhook.config import Settings
from airhook.control.media_events import MediaEvents
from airhook.control.media_inputs import MediaInputs
from airhook.control.media_jobs import MediaJobs
from airhook.control.media_room import MediaRoom
from airhook.control.picture_jobs import PictureWants
from airhook.control.pictures import Detector, Pictures
from airhook.control.recordings import Recordings
from airhook.core.clock import Clock, IdMaker
from airhook.core.errors import ConfigError
from airhook.core.ports import EventPlanner, Store, UrlJudge
from airhook.core.snapshot import ConfigHolder
from airhook.core.stats import MediaStats
from airhook.ingest.server import RtmpServer
from airhook.media.adopt import SpoolHold
from airhook.media.outbox import Outbox
from airhook.media.protocol import FaultReport, FileReport, Limits, PictureReport, StatusReport
from airhook.media.store.base import MediaStore
from airhook.media.supervisor import PoolSettings, Supervisor
from airhook.runtime.detectors import audit_spec, audit_specs

LAST_REPORTS_S = 10.0  # at a stop, for reports to be stored and accepted; the rest is found at the next start
MB = 1 << 20


class MediaPart:
    def __init__(
        self,
        settings: Settings,
        store: Store,
        config: ConfigHolder,
        planner: EventPlanner,
        clock: Clock,
        ids: IdMaker,
        files: MediaStore,
        detectors: Mapping[str, Detector],
        judge: UrlJudge,
    ) -> None:
        media = settings.media
        # On the disk of finished files, so that finishing one is no copy; by node, since nodes may share the folder.
        self._spool = settings.media_folder.absolute() / ".spool" / f"node-{settings.node.id}"
        self._outlets = settings.data_dir.absolute() / "run" / "outlets.sock"
        self.events = MediaEvents(store, config, planner, clock)
        recordings = Recordings(files, self.events)
        self.pictures = Pictures(files, self.events, detectors)
        self.outbox = Outbox(
            self._spool,
            {
                FileReport: recordings.file,
                StatusReport: recordings.status,
                FaultReport: recordings.fault,
                PictureReport: self.pictures.handle,
            },
        )
        self.jobs = MediaJobs(config, clock)
        self.inputs = MediaInputs(config, judge, self.jobs)
        wants = PictureWants(audit_spec(settings), audit_specs(settings))
        self.jobs.wants.append(wants.by_rule)
        self.jobs.task_wants.append(wants.by_tasks)
        self.pool = Supervisor(
            self._spool,
            str(self._outlets),
            PoolSettings(
                workers=media.workers,
                streams_per_worker=media.streams_per_worker,
                limits=Limits(memory_bytes=media.worker_memory_mb * MB),
            ),
            ids,
            on_report=self.outbox.hint,
            on_retired=self.outbox.retire,
            on_over=self.jobs.over,
        )
        self.jobs.workers = self.pool
        self._folder = settings.media_folder
        self._hold: SpoolHold | None = None
        self._min_free = media.min_free_mb * MB

    def stats(self) -> MediaStats:
        pool = self.pool.stats()
        return MediaStats(
            workers=pool.workers,
            tasks=pool.tasks,
            waiting=pool.waiting,
            rss_bytes=pool.rss_bytes,
            deaths=pool.deaths,
            reports=self.outbox.waiting(),
            pictures=self.pictures.stored,
            audits=dict(self.pictures.audits),
        )

    def room(self, tell: Callable[[str, dict[str, object]], None]) -> MediaRoom:
        """What watches the disk; ``tell`` hears of operational events."""
        return MediaRoom(self._folder, self._min_free, self.jobs, tell)

    async def start(self, rtmp: RtmpServer) -> None:
        """Open the outlets and take up what an earlier run left. Raises ``ConfigError`` and ``OSError``."""
        try:
            self._hold = SpoolHold(self._spool)
            await asyncio.to_thread(self._hold.adopt)
        except OSError as error:
            raise ConfigError(
                f"media.folder {self._folder} cannot be written: {error.strerror or error}; give it to this user, or name another"
            ) from error
        await rtmp.open_outlets(self._outlets)
        self.pool.recover()

    async def stop(self) -> None:
        """Complete every file, and what can be told of them."""
        await self.pool.close()
        await self.outbox.close(LAST_REPORTS_S)
        if self._hold is not None:
            self._hold.close()
