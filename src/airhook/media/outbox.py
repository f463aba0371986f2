"""From reports in the spool to what they mean: each is handled until it is done, then removed (see ``spool``).

A handler returns once its event is committed. It may be called again for the same report, after a crash between that
commit and the removal, and gives the same event the same id then. Reports of one task are handled in their order.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from airhook.core.errors import UnavailableError
from airhook.media import spool
from airhook.media.protocol import Report, Task
from airhook.media.store.base import StoreError

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
BAD_SUFFIX = ".bad"

TRIES = 12  # some minutes, of a report that fails for a reason that time does not mend
PASSING = (StoreError, UnavailableError, OSError)
"""Errors of a store, a database or a disk that are away: such a report waits as long as it takes."""

Handler = Callable[[Task, Any, Path], Awaitable[None]]
"""The task, the report, and the task's folder, which its paths count from. Whatever it raises, it is tried again."""

log = logging.getLogger("airhook.media")


class Outbox:
    """``handlers`` by the class of the report."""

    def __init__(self, folder: Path, handlers: Mapping[type[Report], Handler]) -> None:
        self._spool = folder.absolute()
        self._handlers = dict(handlers)
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by the folder that they empty
        self._again: set[str] = set()  # folders with news since they were looked into
        self._retired: set[str] = set()

    def hint(self, path: str) -> None:
        """A report lies there."""
        self._look(Path(path).parts[0])

    def retire(self, folder: str) -> None:
        """No worker has this folder any more: it goes once its reports are done."""
        self._retired.add(folder)
        self._look(folder)

    def waiting(self) -> int:
        """Folders with reports that are not done."""
        return len(self._tasks)

    async def close(self, timeout_s: float) -> None:
        """Finish what can be; the rest is found again at the next start."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=timeout_s)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _look(self, folder: str) -> None:
        if folder in self._tasks:
            self._again.add(folder)
            return
        task = self._tasks[folder] = asyncio.get_running_loop().create_task(self._empty(folder))
        task.add_done_callback(lambda _: self._looked(folder))

    def _looked(self, folder: str) -> None:
        self._tasks.pop(folder, None)
        if folder in self._again:
            self._again.discard(folder)
            self._look(folder)

    async def _empty(self, name: str) -> None:
        folder = self._spool / name
        for note in await asyncio.to_thread(lambda: sorted(folder.glob(f"*{spool.NOTE_SUFFIX}"))):
            await self._insist(folder, note)
        if name in self._retired and name not in self._again:
            self._retired.discard(name)
            await asyncio.to_thread(_drop, folder)

    async def _insist(self, folder: Path, path: Path) -> None:
        pause_s, tries = FIRST_PAUSE_S, 0
        while True:
            try:
                await self._handle(folder, path)
                return
            except Exception as error:
                tries += not isinstance(error, PASSING)
                if tries >= TRIES:
                    log.exception("a media report can never be taken", extra={"report": str(path)})
                    await asyncio.to_thread(_put_aside, path)
                    return
                log.warning("a media report waits: %s", error, extra={"report": str(path)}, exc_info=True)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _handle(self, folder: Path, path: Path) -> None:
        try:
            note = await asyncio.to_thread(spool.read_note, path)
        except msgspec.MsgspecError:
            log.exception("a media report cannot be read")
            await asyncio.to_thread(_put_aside, path)
            return
        if note is None:
            return
        await self._handlers[type(note.report)](note.task, note.report, folder)
        with contextlib.suppress(FileNotFoundError):
            await asyncio.to_thread(path.unlink)


def _put_aside(path: Path) -> None:
    """So that those behind it are told; its folder stays, with the file that it tells of."""
    with contextlib.suppress(FileNotFoundError):
        path.rename(path.with_suffix(BAD_SUFFIX))


def _drop(folder: Path) -> None:
    if any(folder.glob(f"*{BAD_SUFFIX}")):
        log.error("a folder of media stays, for a report in it was put aside", extra={"folder": str(folder)})
    else:
        spool.drop(folder)
