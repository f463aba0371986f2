"""Room for media: what is kept too long goes, and a disk that is nearly full ends recordings before callbacks.

Files and the database often share a disk. Below ``min_free_bytes`` media jobs end and none begin, so that the rest is
left for accepting callbacks; with some room regained they begin again.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from airhook.core.clock import Clock
from airhook.media.store.base import MediaStore, StoreError
from airhook.media.store.retention import Keep, sweep

LOOK_S = 2.0
SWEEP_S = 3600.0
REGAINED = 1.25  # times ``min_free_bytes``, so that jobs do not begin and end by turns

log = logging.getLogger("airhook.media")


class Jobs(Protocol):
    """``control.media_jobs.MediaJobs``."""

    def hold(self, why: str) -> None: ...
    def release(self) -> None: ...


class MediaRoom:
    """``run`` it beside everything else. ``tell`` hears of operational events: a kind and its data."""

    def __init__(
        self,
        folder: Path,
        min_free_bytes: int,
        jobs: Jobs,
        tell: Callable[[str, dict[str, object]], None],
        *,
        free_bytes: Callable[[Path], int] | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._min_free = min_free_bytes
        self._jobs = jobs
        self._tell = tell
        self._free_bytes = free_bytes or _free_bytes
        self._is_low = False

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        try:
            free = await asyncio.to_thread(self._free_bytes, self._folder)
        except OSError as error:
            log.warning("how full the disk of media is cannot be seen: %s", error)
            return
        data: dict[str, object] = {
            "folder": str(self._folder),
            "free_bytes": free,
            "min_free_bytes": self._min_free,
        }
        if not self._is_low and free < self._min_free:
            self._is_low = True
            self._jobs.hold("the disk is nearly full")
            self._tell("media_disk_low", data)
        elif self._is_low and free >= self._min_free * REGAINED:
            self._is_low = False
            self._jobs.release()
            self._tell("media_disk_recovered", data)


class MediaSweeper:
    """Removes what is older or more than is kept, once an hour, by a ``clock`` that is believed (``core.believed``)."""

    def __init__(self, store: MediaStore, keep: Keep, clock: Clock) -> None:
        self._store = store
        self._keep = keep
        self._clock = clock

    async def run(self) -> None:
        while True:
            if self._keep != Keep(pictures_days=0):
                await self.sweep()
            await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> None:
        try:
            removed = await asyncio.to_thread(sweep, self._store, self._keep, self._clock)
        except StoreError as error:
            log.warning("old media cannot be removed: %s", error)
            return
        if removed:
            log.info("media that were kept long enough are removed", extra={"files": removed})


def _free_bytes(folder: Path) -> int:
    """Of the disk that holds ``folder``, or will."""
    there: Any = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(there).free
