"""Finishing what a worker left when it died: every file in its folder is made to play, and every report told again."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from airhook.media.protocol import RecordSpec, RecoverSpec, Task
from airhook.media.spool import BusyError, TaskFolder, clean_parts

BUSY_PAUSE_S = 0.2  # between looks at a folder that its old worker still finishes

log = logging.getLogger("airhook.media")


async def recover(task: Task, spool: Path, tell: Callable[[Path], None]) -> None:
    """Returns when the folder is complete; raises when it cannot be made so, and leaves everything then."""
    assert isinstance(task.job, RecoverSpec)
    folder = TaskFolder(spool / task.job.folder)
    try:
        await _hold(folder)
    except FileNotFoundError:
        return
    try:
        await asyncio.to_thread(_repair, folder)
        for note in folder.notes():
            tell(note)
    finally:
        folder.close()


async def _hold(folder: TaskFolder) -> None:
    while True:
        try:
            folder.hold()
            return
        except BusyError:
            await asyncio.sleep(BUSY_PAUSE_S)


def _repair(folder: TaskFolder) -> None:
    clean_parts(folder.path)
    task = folder.task()
    if task is not None and isinstance(task.job, RecordSpec):
        from airhook.media.record.repair import repair

        repair(folder, task)
